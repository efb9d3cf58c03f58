/** Packages without types of their own, and older versions under another name. */

declare module 'express-4' {
  import express from 'express'
  export default express
}
declare module 'koa-2' {
  import Koa from 'koa'
  export default Koa
}
declare module 'compression'
declare module 'koa-compress'
declare module 'koa-mount'
declare module 'multer'
