//! Why a request was refused: the variant, its code, its status and its hint, in one table.

/// A refused request. Nothing in a message repeats what the sender wrote; [`Rejection::log`] may,
/// shortened and escaped, because the operator has to see it.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The id is not in this build's manifest.
    #[error("this server has no such action")]
    UnknownAction,

    /// The page that sent the request belongs to another origin.
    #[error("the request comes from another origin")]
    ForeignOrigin {
        /// What the request said about its origin.
        seen: String,
        /// What would have been right.
        expected: String,
        /// The option that would accept it, fit to be printed.
        option: String,
    },

    /// The user's `guard` said no.
    #[error("the server's guard refused the call")]
    GuardRefused {
        /// The action that was called.
        id: String,
    },

    /// The body of a fetch call is neither text nor multipart.
    #[error("a call's body is text/plain or multipart/form-data")]
    WrongContentType,

    /// The declared or the counted length is over the limit.
    #[error("the body has more than {limit} bytes")]
    BodyTooLarge {
        /// `limits.body`, in bytes.
        limit: u64,
    },

    /// All calls at a time that the action takes are running, and its queue is full.
    #[error("the action is busy, and so is its queue")]
    Busy,

    /// The action, or the body of its call, took longer than its `timeout`.
    #[error("the action took more than {millis} ms")]
    TimedOut {
        /// The action's `timeout`.
        millis: u128,
    },

    /// A file of a type that the action doesn't take.
    #[error("a file has a type that the action does not take")]
    FileType,

    /// The framing of a multipart body is broken, or it was cut off.
    #[error("the multipart body is malformed: {0}")]
    Multipart(&'static str),

    /// The text body isn't UTF-8.
    #[error("the body is not UTF-8 text")]
    NotText,

    /// The values in the body.
    #[error(transparent)]
    Reply(#[from] wire::ReplyError),

    /// A file could not be stored for the time of the call.
    #[error("a file could not be stored")]
    Disk(#[source] std::io::Error),

    /// A captured value was not sealed by this server, or for another action.
    #[error("a captured value was not sealed by this server for this action")]
    SealBroken,

    /// A captured value was sealed by this server, but too long ago.
    #[error("a captured value has expired")]
    SealExpired,

    /// A redirect to somewhere that no browser should be sent.
    #[error("the redirect's target is not an http address")]
    BadRedirect,
}

impl Rejection {
    /// The stable name; `docs/errors.md` has a section for each.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownAction => "errand::unknown-action",
            Self::ForeignOrigin { .. } => "errand::origin-mismatch",
            Self::GuardRefused { .. } => "errand::guard-refused",
            Self::WrongContentType => "errand::content-type",
            Self::BodyTooLarge { .. } => "errand::body-too-large",
            Self::Busy => "errand::busy",
            Self::TimedOut { .. } => "errand::timeout",
            Self::FileType => "errand::file-type",
            Self::Multipart(_) => "errand::multipart-malformed",
            Self::NotText => "errand::reply-malformed",
            Self::Reply(error) => error.code(),
            Self::Disk(_) => "errand::file-not-stored",
            Self::SealBroken => "errand::seal-broken",
            Self::SealExpired => "errand::seal-expired",
            Self::BadRedirect => "errand::bad-redirect",
        }
    }

    /// What to do about it, in the words of whoever runs or uses the server.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownAction => "the page is older or newer than the server: reload it",
            Self::ForeignOrigin { .. } => {
                "the server's log says which option would accept it: `allowedOrigins`, or `trustProxy` behind a proxy"
            }
            Self::GuardRefused { .. } => "sign in, or ask whoever runs the server for access",
            Self::WrongContentType => {
                "send what `encodeReply` returns, with the type fetch gives it"
            }
            Self::BodyTooLarge { .. } => {
                "raise `limits.body` or the `limit` of the action, or send less"
            }
            Self::Busy => {
                "try again in a moment; `concurrency` and `queue` of the action say how many it takes"
            }
            Self::TimedOut { .. } => {
                "the action may have done it all the same; raise its `timeout`, or let it do less"
            }
            Self::FileType => "send a file of a type that `files.types` of the action names",
            Self::Multipart(_) => "the connection broke off, or the sender is not a browser",
            Self::NotText | Self::Reply(_) => "send what `encodeReply` of the same version returns",
            Self::Disk(_) => "make room in the server's folder for temporary files",
            Self::SealBroken => {
                "the page is from a server with another secret: set `secret` to the same value everywhere, and reload the page"
            }
            Self::SealExpired => "reload the page",
            Self::BadRedirect => "redirect to a path, or to an http or https address",
        }
    }

    /// One line for the operator, with what was seen and what was expected.
    pub fn log(&self) -> String {
        match self {
            Self::ForeignOrigin { seen, expected, option } => format!(
                "{}: {self}: saw {}, expected {}; {}",
                self.code(),
                printable(seen),
                printable(expected),
                option
            ),
            Self::GuardRefused { id } => {
                format!("{}: {self}: `guard` returned false for {}", self.code(), printable(id))
            }
            Self::Disk(error) => format!("{}: {self}: {error}; {}", self.code(), self.hint()),
            _ => format!("{}: {self}; {}", self.code(), self.hint()),
        }
    }
}

/// Text from outside, safe to print in a terminal: short and without control characters.
pub(crate) fn printable(text: &str) -> String {
    const MOST: usize = 100;
    let mut shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
