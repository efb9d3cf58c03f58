//! The only place that knows status codes and response headers.

use serde_json::json;

use crate::{
    effects::{Target, revalidated_header},
    rejection::Rejection,
    settings::BadOption,
};

/// A whole answer but for a body that streams.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// Empty where JavaScript has the body.
    pub body: String,
}

/// How a call ended, as far as its head is concerned.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Paths that were invalidated, as the user wrote them.
    pub paths: Vec<String>,
    /// Tags that were invalidated, as the user wrote them.
    pub tags: Vec<String>,
    /// Whether the page that called is to be shown anew, although nothing was invalidated.
    pub refreshed: bool,
    /// Where the action redirected to.
    pub redirect: Option<Redirect>,
    /// How the action failed.
    pub failure: Option<Failure>,
}

/// A redirect, resolved.
#[derive(Debug)]
pub struct Redirect {
    /// Where to.
    pub target: Target,
    /// Whether it is for ever (`permanentRedirect`).
    pub permanent: bool,
    /// Whether it takes the page's place in the browser's history.
    pub replace: bool,
}

/// Errors that have a status of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `unauthorized()`
    Unauthorized,
    /// `forbidden()`
    Forbidden,
    /// `notFound()`
    NotFound,
    /// `ActionError`, thrown on purpose.
    Declared,
    /// Anything else.
    Unexpected,
}

impl Failure {
    /// The status of a page that shows it.
    pub fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Declared => 422,
            Self::Unexpected => 500,
        }
    }
}

impl std::str::FromStr for Failure {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        match text {
            "unauthorized" => Ok(Self::Unauthorized),
            "forbidden" => Ok(Self::Forbidden),
            "not-found" => Ok(Self::NotFound),
            "declared" => Ok(Self::Declared),
            "unexpected" => Ok(Self::Unexpected),
            _ => Err(BadOption { option: "failure", problem: "is not a known kind".to_owned() }),
        }
    }
}

/// The header that names the build which answers.
pub const BUILD: &str = "errand-build";

/// What each answer to a call has: no cache may keep it, and no browser may guess its type.
const PRIVATE: [(&str, &str); 2] =
    [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];

/// The head of the answer to a fetch call; its body is Flight rows.
pub fn call(outcome: &Outcome) -> Answer {
    let mut headers = private("text/x-component");
    headers.push(("vary", "accept, errand-action".to_owned()));
    let Outcome { paths, tags, refreshed, .. } = outcome;
    if !paths.is_empty() || !tags.is_empty() || *refreshed {
        headers.push(("errand-revalidated", revalidated_header(paths, tags, *refreshed)));
    }
    if let Some(redirect) = &outcome.redirect {
        let status = if redirect.permanent { 308 } else { 303 };
        headers.push(("errand-redirect", format!("{status};{}", redirect.target.as_str())));
        if redirect.replace {
            headers.push(("errand-redirect-type", "replace".to_owned()));
        }
    }
    let status = outcome.failure.map_or(200, Failure::status);
    Answer { status, headers, body: String::new() }
}

/// The answer to a form sent without JavaScript that redirects. Always 303: a browser would send
/// the form again on 307 and 308.
pub fn form_redirect(target: &str) -> Answer {
    let mut headers = private("text/plain; charset=utf-8");
    headers.push(("location", target.to_owned()));
    Answer { status: 303, headers, body: String::new() }
}

/// Places are given back all the time.
const RETRY_AFTER_SECONDS: &str = "1";

/// The answer to a refused request: `{"code","message","hint"}`.
pub fn refuse(rejection: &Rejection) -> Answer {
    let mut headers = private("application/json");
    if matches!(rejection, Rejection::UnknownAction) {
        headers.push(("errand-unknown-action", "1".to_owned()));
    }
    if matches!(rejection, Rejection::Busy) {
        headers.push(("retry-after", RETRY_AFTER_SECONDS.to_owned()));
    }
    let body = json!({
        "code": rejection.code(),
        "message": rejection.to_string(),
        "hint": rejection.hint(),
    });
    Answer { status: status(rejection), headers, body: body.to_string() }
}

fn status(rejection: &Rejection) -> u16 {
    match rejection {
        Rejection::UnknownAction => 404,
        Rejection::ForeignOrigin { .. } | Rejection::GuardRefused { .. } => 403,
        Rejection::WrongContentType | Rejection::FileType => 415,
        Rejection::Busy => 503,
        Rejection::TimedOut { .. } => 504,
        Rejection::BodyTooLarge { .. } => 413,
        Rejection::Reply(error) if error.code() == "errand::reply-too-much" => 413,
        Rejection::Multipart(_)
        | Rejection::NotText
        | Rejection::Reply(_)
        | Rejection::SealBroken
        | Rejection::SealExpired => 400,
        Rejection::BadRedirect => 500,
        Rejection::Disk(_) => 507,
    }
}

fn private(content_type: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", content_type.to_owned())];
    headers.extend(PRIVATE.map(|(name, value)| (name, value.to_owned())));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
        answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn effects_travel_in_headers() {
        let answer = call(&Outcome {
            paths: vec!["/posts".into()],
            redirect: Some(Redirect {
                target: Target::Internal("/posts".into()),
                permanent: false,
                replace: true,
            }),
            ..Outcome::default()
        });
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "errand-redirect"), Some("303;/posts"));
        assert_eq!(header(&answer, "errand-redirect-type"), Some("replace"));
        assert_eq!(
            header(&answer, "errand-revalidated"),
            Some(r#"{"paths":["/posts"],"tags":[]}"#)
        );
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        assert_eq!(header(&call(&Outcome::default()), "errand-revalidated"), None);
    }

    #[test]
    fn an_unknown_action_can_be_told_from_any_other_404() {
        let answer = refuse(&Rejection::UnknownAction);
        assert_eq!((answer.status, header(&answer, "errand-unknown-action")), (404, Some("1")));
        assert!(answer.body.contains(r#""code":"errand::unknown-action""#));
    }
}
