//! Bytes as choices: what a fuzzer changes in its input changes a choice, and shorter inputs make fewer.

pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

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

    pub fn one_in(&mut self, end: usize) -> bool {
        !self.is_empty() && self.below(end) == 0
    }

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
}
