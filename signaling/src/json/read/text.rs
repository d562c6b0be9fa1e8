//! The text of a value, byte by byte: what stands where, and whether that is JSON.

use super::Unreadable;
use std::borrow::Cow;

/// How many arrays and objects may stand in each other.
const DEEPEST: u8 = 128;

/// A text, and how far it has been read.
pub(super) struct Reader<'de> {
    text: &'de str,
    pub(super) at: usize,
    /// How much deeper it may go.
    depth: u8,
}

impl<'de> Reader<'de> {
    pub(super) const fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: DEEPEST }
    }

    /// The next byte that is no white space, not taken yet.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// The next byte, whatever it is.
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let byte = *self.text.as_bytes().get(self.at).ok_or(Unreadable)?;
        self.at += 1;
        Ok(byte)
    }

    /// Takes this byte, which must be the next one.
    pub(super) fn take(&mut self, wanted: u8) -> Result<(), Unreadable> {
        if self.peek() != Some(wanted) {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), Unreadable> {
        let found = self.text.get(self.at..self.at + word.len());
        if found != Some(word) {
            return Err(Unreadable);
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn part(&self, from: usize, to: usize) -> Result<&'de str, Unreadable> {
        self.text.get(from..to).ok_or(Unreadable)
    }

    /// A string, borrowed when nothing in it is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, Unreadable> {
        self.take(b'"')?;
        let (mut made, mut from) = (String::new(), self.at);
        loop {
            match self.byte()? {
                b'"' => break,
                b'\\' => {
                    made.push_str(self.part(from, self.at - 1)?);
                    made.push(self.escaped()?);
                    from = self.at;
                }
                0..b' ' => return Err(Unreadable),
                _ => {}
            }
        }
        let rest = self.part(from, self.at - 1)?;
        if made.is_empty() {
            return Ok(Cow::Borrowed(rest));
        }
        made.push_str(rest);
        Ok(Cow::Owned(made))
    }

    fn escaped(&mut self) -> Result<char, Unreadable> {
        Ok(match self.byte()? {
            plain @ (b'"' | b'\\' | b'/') => plain.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(Unreadable),
        })
    }

    /// One unit of UTF-16, or two that belong together.
    fn unicode(&mut self) -> Result<char, Unreadable> {
        let unit = self.unit()?;
        if !matches!(unit, 0xd800..0xdc00) {
            return char::from_u32(unit).ok_or(Unreadable);
        }
        self.word("\\u")?;
        match self.unit()? {
            low @ 0xdc00..0xe000 => {
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(Unreadable)
            }
            _ => Err(Unreadable),
        }
    }

    fn unit(&mut self) -> Result<u32, Unreadable> {
        (0..4).try_fold(0, |unit, _| {
            let digit = char::from(self.byte()?).to_digit(16).ok_or(Unreadable)?;
            Ok(unit * 16 + digit)
        })
    }

    /// The text of a number.
    pub(super) fn number(&mut self) -> Result<&'de str, Unreadable> {
        let first = self.peek();
        let from = self.at;
        if first == Some(b'-') {
            self.at += 1;
        }
        if self.text.as_bytes().get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.text.as_bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.as_bytes().get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.as_bytes().get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.part(from, self.at)
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), Unreadable> {
        let from = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == from { Err(Unreadable) } else { Ok(()) }
    }

    /// Passes over one value of any kind.
    pub(super) fn pass(&mut self) -> Result<(), Unreadable> {
        match self.peek().ok_or(Unreadable)? {
            b'"' => self.string().map(drop),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'[' => self.inside(b'[', b']', |mut items| {
                while items.more(b']')? {
                    items.reader.pass()?;
                }
                Ok(())
            }),
            b'{' => self.inside(b'{', b'}', |mut items| {
                while items.more(b'}')? {
                    items.reader.string()?;
                    items.reader.take(b':')?;
                    items.reader.pass()?;
                }
                Ok(())
            }),
            _ => self.number().map(drop),
        }
    }

    /// Reads what stands between two brackets.
    pub(super) fn inside<T>(
        &mut self,
        open: u8,
        close: u8,
        read: impl FnOnce(Items<'_, 'de>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        self.enter(open)?;
        let value = read(Items { reader: self, first: true })?;
        self.leave(close)?;
        Ok(value)
    }

    pub(super) fn enter(&mut self, open: u8) -> Result<(), Unreadable> {
        self.depth = self.depth.checked_sub(1).ok_or(Unreadable)?;
        self.take(open)
    }

    pub(super) fn leave(&mut self, close: u8) -> Result<(), Unreadable> {
        self.depth += 1;
        self.take(close)
    }
}

/// What stands in an array or an object, one after the other.
pub(super) struct Items<'a, 'de> {
    pub(super) reader: &'a mut Reader<'de>,
    first: bool,
}

impl Items<'_, '_> {
    /// Whether another one comes; the comma before it is taken.
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Unreadable> {
        if self.reader.peek() == Some(close) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}
