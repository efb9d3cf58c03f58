//! Bytes as choices: what a fuzzer changes in its input changes a choice, and shorter inputs make fewer.

/// What is left to choose from.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// Chooses from `bytes`, front to back.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left to choose from.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `end`; 0 when there is nothing left to choose from.
    pub fn below(&mut self, end: usize) -> usize {
        let byte = usize::from(self.byte());
        // The low bits alone would favour what comes first in long lists.
        if end <= 256 { byte % end.max(1) } else { (byte << 8 | usize::from(self.byte())) % end }
    }

    /// Whether the one in so many is met; never when nothing is left.
    pub fn one_in(&mut self, end: usize) -> bool {
        !self.is_empty() && self.below(end) == 0
    }

    /// One of them.
    pub fn pick<'b, T: ?Sized>(&mut self, from: &[&'b T]) -> &'b T {
        from[self.below(from.len())]
    }

    /// A place in `text` between two characters.
    pub fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// `source` with up to four changes: one of `pieces` put in, something taken out, or said twice.
    pub fn damaged(&mut self, source: &str, pieces: &[&str]) -> String {
        let mut text = source.to_owned();
        for _ in 0..=self.below(4) {
            let at = self.boundary(&text);
            match self.below(4) {
                0 => text.insert_str(at, self.pick(pieces)),
                1 => {
                    let end = text.len().min(at + self.below(12));
                    let end = (end..=text.len()).find(|&end| text.is_char_boundary(end));
                    text.replace_range(at..end.unwrap_or(at), "");
                }
                2 => {
                    let from = self.boundary(&text);
                    let piece = text[from.min(at)..from.max(at)].to_owned();
                    text.insert_str(self.boundary(&text), &piece);
                }
                _ => {
                    let line = text.split('\n').nth(self.below(8)).unwrap_or_default().to_owned();
                    text.insert_str(at, &line);
                }
            }
        }
        text
    }
}
