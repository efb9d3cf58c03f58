//! How much one request may ask.

/// Bounds of one request. Crossing one is [`ReplyError::TooMuch`](crate::ReplyError::TooMuch), which
/// names the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text in a body, names of parts and binary data included, files not. The host counts
    /// whole bodies against it too. Default 1 MiB.
    pub body_bytes: u64,
    /// Levels of arrays and objects, a part lying one below where it is referred to; the list of the
    /// arguments is the first. Bounds the stack of whoever walks the values. Default 64.
    pub depth: u32,
    /// Values: array slots, properties, entries of forms, over all parts. Default 1,000,000.
    pub nodes: u64,
    /// Characters of one BigInt, its sign included. Default 300, as in React.
    pub big_int_digits: u32,
    /// Arguments bound to one function. Default 1,000, as in React.
    pub bound_args: u32,
    /// Arguments of the call. Default 1,000.
    pub arguments: u32,
    /// Parts that are neither fields nor events: Maps, Sets, functions, values of promises, binary
    /// data, files that no form has. Default 1,000.
    pub parts: u32,
    /// Promises, streams, async iterables. Default 1,000.
    pub live: u32,
    /// Events of one stream or async iterable. Default 10,000.
    pub events: u32,
    /// Files: Blobs, and files in forms. Default 20.
    pub files: u32,
    /// Fields of forms. Default 1,000.
    pub fields: u32,
    /// Bytes of one file. Default 50 MiB.
    pub file_bytes: u64,
    /// Bytes of the name of one part, field or file, and of one temporary reference. Default 1,024.
    pub name_bytes: u32,
    /// References to values that stand elsewhere, over all parts. Default 100,000.
    pub references: u32,
    /// Bytes of the text of one part, event or field. By default as many as the body may have.
    pub part_bytes: u64,
    /// Bytes of one string or key, as JSON has it, and of one text field. By default as many as the
    /// body may have.
    pub string_bytes: u64,
}

impl Limits {
    /// Bytes of a whole body whose files don't stay in memory: all that text and files may have.
    pub fn upload_bytes(&self) -> u64 {
        self.file_bytes.saturating_mul(self.files.into()).saturating_add(self.body_bytes)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            depth: 64,
            nodes: 1_000_000,
            big_int_digits: 300,
            bound_args: 1_000,
            arguments: 1_000,
            parts: 1_000,
            live: 1_000,
            events: 10_000,
            files: 20,
            fields: 1_000,
            file_bytes: 50 << 20,
            name_bytes: 1_024,
            references: 100_000,
            part_bytes: u64::MAX,
            string_bytes: u64::MAX,
        }
    }
}
