//! The texts that are escaped, and where they lie.

pub const LENGTHS: [usize; 7] = [8, 17, 32, 64, 190, 1024, 16384];

pub struct Content {
    pub name: &'static str,
    pub text: fn(usize) -> String,
}

/// Texts by their length in bytes of UTF-8.
pub const CONTENTS: [Content; 4] = [
    Content { name: "clean ASCII", text: |len| repeat("The quick brown fox jumps over ", len) },
    Content {
        name: "one in 32 escaped",
        text: |len| repeat("The quick brown \"x jumped over a ", len),
    },
    Content { name: "all two-character", text: |len| repeat("\"\\\n\t\r\u{8}\u{c}", len) },
    // Three bytes a character, and the remainder as ASCII.
    Content {
        name: "clean Chinese", text: |len| repeat("敏捷的棕色狐狸跳过了懒狗", len)
    },
];

fn repeat(pattern: &str, len: usize) -> String {
    let mut text = String::with_capacity(len);
    for c in pattern.chars().cycle() {
        if text.len() + c.len_utf8() > len {
            break;
        }
        text.push(c);
    }
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text
}
