//! A walk through a tree beside the steps of its program.

use crate::program::{Key, Step};

/// Where the reading of a tree is, and what the program says about it.
pub(super) struct Walk<'a> {
    steps: std::iter::Peekable<std::vec::IntoIter<Step<'a>>>,
    frames: Vec<Frame<'a>>,
    /// How many of the frames the program has entered.
    entered: usize,
}

struct Frame<'a> {
    is_object: bool,
    key: &'a str,
    /// Items so far.
    count: u32,
}

impl<'a> Frame<'a> {
    /// The key of the value that comes next.
    fn next(&mut self) -> Key<'a> {
        self.count += 1;
        self.key()
    }

    fn key(&self) -> Key<'a> {
        if self.is_object { Key::Name(self.key) } else { Key::Index(self.count.saturating_sub(1)) }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(steps: Vec<Step<'a>>) -> Self {
        Self { steps: steps.into_iter().peekable(), frames: Vec::new(), entered: 1 }
    }

    /// Whether the program has no more steps.
    pub(super) fn is_done(&mut self) -> bool {
        self.steps.peek().is_none()
    }

    /// Comes to a key; its value is next.
    pub(super) fn key(&mut self, raw: &'a str) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = raw;
        }
    }

    /// What is to be put at the next value, if anything.
    pub(super) fn step(&mut self) -> Option<Step<'a>> {
        let is_entered = self.entered == self.frames.len();
        let key = self.frames.last_mut()?.next();
        self.steps.next_if(|step| {
            is_entered && matches!(step, Step::Put(at, _) | Step::Delete(at) if *at == key)
        })
    }

    /// Comes to the beginning of a container.
    pub(super) fn enter(&mut self, is_object: bool) {
        let is_entered = self.entered == self.frames.len();
        if let Some(frame) = self.frames.last_mut() {
            let key = frame.next();
            let entered = self.steps.next_if(|step| is_entered && *step == Step::Enter(key));
            self.entered += usize::from(entered.is_some());
        }
        self.frames.push(Frame { is_object, key: "", count: 0 });
    }

    /// Comes to the end of a container; `None` if the program doesn't.
    pub(super) fn leave(&mut self) -> Option<()> {
        self.frames.pop()?;
        if self.frames.len() < self.entered && self.entered > 1 {
            self.entered -= 1;
            // Behind the last place of a tree nothing needs to be left.
            if self.steps.peek().is_some() {
                self.steps.next_if_eq(&Step::Leave)?;
            }
        }
        Some(())
    }

    /// How references name the current place; not at all if a key has the `:` that separates keys.
    pub(super) fn name(&self, row: u32) -> Option<String> {
        let mut name = format!("${row:x}");
        for frame in &self.frames {
            name.push(':');
            match frame.key() {
                Key::Index(index) => name.push_str(&index.to_string()),
                Key::Name(raw) if raw.contains(':') || raw.contains("\\u003") => return None,
                Key::Name(raw) => name.push_str(raw),
            }
        }
        Some(name)
    }
}
