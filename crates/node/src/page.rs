//! Stored pages.

use host::page::{self, Page};
use napi::{
    Either, Env,
    bindgen_prelude::{BufferSlice, Null},
};
use napi_derive::napi;

use crate::job::now;

#[napi(object, object_from_js = false)]
pub struct StoredPage {
    pub status: u32,
    pub headers: Vec<String>,
    pub body: u32,
}

/// `vary` is flat: the names of headers and their values.
#[napi]
pub fn page_key(env: Env, url: String, vary: Vec<Either<String, Null>>) -> napi::Result<String> {
    now(env, || {
        let mut vary = vary.into_iter().map(|it| match it {
            Either::A(text) => Some(text),
            Either::B(Null) => None,
        });
        let mut pairs = Vec::new();
        while let (Some(Some(name)), Some(value)) = (vary.next(), vary.next()) {
            pairs.push((name, value));
        }
        Ok(page::key(&url, &pairs))
    })
}

#[napi]
pub fn encode_page<'env>(
    env: &'env Env,
    status: u32,
    headers: Vec<String>,
    body: &[u8],
) -> napi::Result<BufferSlice<'env>> {
    let bytes = now(*env, || Ok(page::encode(status as u16, &headers, body)))?;
    BufferSlice::copy_from(env, bytes)
}

/// Where its body begins is said; the bytes stay where they are.
#[napi]
pub fn decode_page(env: Env, bytes: &[u8], age: f64) -> napi::Result<Either<StoredPage, Null>> {
    now(env, || {
        Ok(match page::decode(bytes, age as u64) {
            Some(Page { status, headers, body }) => {
                Either::A(StoredPage { status: status.into(), headers, body: body as u32 })
            }
            None => Either::B(Null),
        })
    })
}
