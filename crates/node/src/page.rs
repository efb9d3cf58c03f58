//! Stored pages.

use std::time::Duration;

use host::{
    page::{self, Page, Sharing},
    size,
};
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

/// What a page's head says to others' caches; times in seconds.
#[napi(object, object_to_js = false)]
pub struct PageSharing {
    /// It was made for who asked.
    pub is_personal: bool,
    pub vary: Vec<String>,
    /// Missing: others' caches are to ask each time.
    pub fresh: Option<f64>,
    pub stale: Option<f64>,
    pub tag_header: Option<String>,
    pub tags: Vec<String>,
}

/// What is served stale without end.
const FOR_LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

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

/// The bytes to store, if it may be.
#[napi]
pub fn encode_page<'env>(
    env: &'env Env,
    status: u32,
    headers: Vec<String>,
    body: &[u8],
    sharing: PageSharing,
) -> napi::Result<Either<BufferSlice<'env>, Null>> {
    let PageSharing { is_personal, vary, fresh, stale, tag_header, tags } = sharing;
    let bytes = now(*env, || {
        let fresh = size::seconds("revalidate", fresh)?;
        let stale = size::seconds("expire", stale)?.unwrap_or(FOR_LONG);
        let sharing = Sharing {
            vary: &vary,
            shared: fresh.map(|fresh| (fresh, stale)),
            tags: tag_header.as_deref().map(|name| (name, tags.as_slice())),
        };
        let status = status as u16;
        Ok(page::may_store(status, &headers, is_personal, &vary)
            .then(|| page::encode(status, &headers, body, &sharing)))
    })?;
    Ok(match bytes {
        Some(bytes) => Either::A(BufferSlice::copy_from(env, bytes)?),
        None => Either::B(Null),
    })
}

/// A tag as the header has it that names tags to a CDN.
#[napi]
pub fn header_tag(env: Env, tag: String) -> napi::Result<String> {
    now(env, || Ok(page::header_tag(&tag)))
}

/// Where its body begins is said; the bytes stay where they are.
#[napi]
pub fn decode_page(
    env: Env,
    bytes: &[u8],
    age: Option<f64>,
    if_none_match: Option<String>,
) -> napi::Result<Either<StoredPage, Null>> {
    now(env, || {
        let Some(page) = page::decode(bytes, age.map(|age| age as u64), if_none_match.as_deref())
        else {
            return Ok(Either::B(Null));
        };
        let own = page.headers().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
        let age = page.age.into_iter().flat_map(|age| ["age".to_owned(), age.to_string()]);
        let Page { status, body, .. } = page;
        Ok(Either::A(StoredPage {
            status: status.into(),
            headers: own.chain(age).collect(),
            body: body as u32,
        }))
    })
}
