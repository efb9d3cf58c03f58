export function page(id) {
  const save = async /* a */ ( /* b */ a /* c */ = /* d */ 1 /* e */ , /* f */ ) /* g */ => /* h */ {
    // before
    'use server' // behind
    /* after */ return [ /* id */ id, a ] // end
  } // trailing
  const load = async a /* => */ => { 'use server'; return [a, id] }
  return { save, load, /* last */ async /* x */ remove /* y */ ( /* z */ ) /* w */ { 'use server'; return id } }
}
