//! The bodies of the fuzz targets. Each makes a case of its input, and compares every kernel of this machine
//! with the oracle by the checks of the library's own tests.

use arbitrary::{Result, Unstructured};
use testing::checks::{self, Bench, Case, KINDS, Place, Room, accepts, escapes, messages};
// Also what `testing` takes from the root of the crate.
use webstr::{
    ACCEPT_CANDIDATES, AcceptFunctions, Candidate, ESCAPE_CANDIDATES, EscapeFunctions,
    MESSAGE_CANDIDATES, MessageFunctions, ffi,
};

extern crate std;

#[allow(dead_code)] // for the library's tests alone
#[path = "../../src/testing/mod.rs"]
mod testing;

thread_local! {
    static BENCH: Bench = Bench::new();
}

/// Anywhere up to 64 bytes from an unmapped page, most often next to it.
fn place(input: &mut Unstructured) -> Result<Place> {
    let byte: u8 = input.arbitrary()?;
    let offset = usize::from(byte >> 1).saturating_sub(63);
    Ok(if byte & 1 == 0 { Place::Back(offset) } else { Place::Front(offset) })
}

/// Pieces of strings, one after the other: clean runs of any length and up to the edges of vectors,
/// runs of one kind of unit, single units of every width.
fn codes(input: &mut Unstructured) -> Result<Vec<u32>> {
    let mut codes = Vec::new();
    while !input.is_empty() && codes.len() < Bench::LONGEST {
        let clean = u32::from(b'a');
        let kind = |input: &mut Unstructured| input.choose(KINDS).copied();
        match input.arbitrary::<u8>()? % 9 {
            0 => codes.resize(codes.len() + usize::from(input.arbitrary::<u8>()?), clean),
            1 => {
                let edge = 4_usize << input.int_in_range(0..=6)?;
                let beside = input.int_in_range(0..=6)?;
                let len = (codes.len() + 1).next_multiple_of(edge) + beside;
                codes.resize((len - 3).max(codes.len()), clean);
            }
            2 => {
                let kind = kind(input)?;
                codes.resize(codes.len() + usize::from(input.arbitrary::<u8>()?), kind);
            }
            3 => codes.push(kind(input)?),
            4 => codes.push(input.arbitrary::<u8>()?.into()),
            5 => codes.push(input.arbitrary::<u16>()?.into()),
            6 => codes.push(input.arbitrary()?),
            7 => codes.push(input.int_in_range(0xd800..=0xdfff)?),
            _ => {
                let bytes = usize::from(input.arbitrary::<u8>()? % 32);
                let bytes = input.bytes(bytes.min(input.len()))?;
                codes.extend(bytes.iter().map(|&byte| u32::from(byte)));
            }
        }
    }
    codes.truncate(Bench::LONGEST);
    Ok(codes)
}

/// None to more than any result needs, most often about as much as the result.
fn room(input: &mut Unstructured) -> Result<Room> {
    Ok(match input.int_in_range(0..=3)? {
        0 => Room::Units(input.int_in_range(0..=Bench::MOST_ROOM)?),
        1 => Room::BesideSource(input.arbitrary()?),
        _ => Room::BesideResult(input.arbitrary()?),
    })
}

fn every_width(
    mut input: Unstructured,
    one: impl Fn(&Bench, &checks::EscapeBackend, &Case<u8>, (Place, Place)),
    two: impl Fn(&Bench, &checks::EscapeBackend, &Case<u16>, (Place, Place)),
    four: impl Fn(&Bench, &checks::EscapeBackend, &Case<u32>, (Place, Place)),
) -> Result<()> {
    let places = (place(&mut input)?, place(&mut input)?);
    let codes = codes(&mut input)?;
    let cases = (Case::new(&codes), Case::new(&codes), Case::new(&codes));
    BENCH.with(|bench| {
        for backend in escapes() {
            one(bench, backend, &cases.0, places);
            two(bench, backend, &cases.1, places);
            four(bench, backend, &cases.2, places);
        }
    });
    Ok(())
}

/// `escape_json_ucs1`, `_ucs2`, `_ucs4` and their sizes.
pub fn escape_json(data: &[u8]) {
    // An input that is too short for a case is left out.
    let input = Unstructured::new(data);
    let _ = every_width(input, Bench::unicode, Bench::unicode, Bench::unicode);
}

/// `escape_json_ascii_ucs1`, `_ucs2`, `_ucs4` and their sizes.
pub fn escape_json_ascii(data: &[u8]) {
    let _ = every_width(Unstructured::new(data), Bench::ascii, Bench::ascii, Bench::ascii);
}

/// `escape_json_ucs1_into` and the others of both forms, each with the same kind of room.
pub fn escape_json_into(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let room = room(&mut input)?;
        every_width(
            input,
            |bench, backend, case, places| bench.into(backend, case, places, room),
            |bench, backend, case, places| bench.into(backend, case, places, room),
            |bench, backend, case, places| bench.into(backend, case, places, room),
        )
    };
    let _ = run();
}

/// `sec_websocket_accept` and `sec_websocket_accept_many`: batches of up to 80 keys, and one key
/// with its value over it.
pub fn accept(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let places = (place(&mut input)?, place(&mut input)?);
        let distance = input.int_in_range(-28..=28)?;
        let count = input.int_in_range(0..=80)?;
        let key: [u8; 24] = input.arbitrary()?;
        // Where the input ends, the keys are the first one with bits flipped.
        let mut keys = Vec::new();
        for i in 0..count {
            let altered: [u8; 24] = key.map(|byte| byte ^ i);
            let bytes = input.bytes(input.len().min(24))?;
            keys.extend(bytes.iter().chain(&altered[bytes.len()..]));
        }
        BENCH.with(|bench| {
            for backend in accepts() {
                bench.accept(backend, &keys, places);
                bench.accept_overlapping(backend, &key, distance);
            }
        });
        Ok(())
    };
    let _ = run();
}

/// Pieces of UTF-8, one after the other: runs of characters of one length up to the edges of vectors, any
/// characters, any bytes, and the beginning of a character.
fn utf8(input: &mut Unstructured) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    while !input.is_empty() && text.len() < Bench::LONGEST {
        let choice = input.arbitrary::<u8>()? % 6;
        let character = match choice {
            0 => *input.choose(&['a', '\u{e9}', '\u{4e2d}', '\u{1f600}'])?,
            1 => *input.choose(&[
                '"',
                '\\',
                '\n',
                '\u{b}',
                '\u{7f}',
                '\u{80}',
                '\u{7ff}',
                '\u{800}',
                '\u{ffff}',
                '\u{10000}',
                '\u{10ffff}',
            ])?,
            2 | 3 => input.arbitrary()?,
            _ => 'a',
        };
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        match choice {
            0 => {
                let edge = 8_usize << input.int_in_range(0..=5)?;
                let end = (text.len() + 1).next_multiple_of(edge) + input.int_in_range(0..=6)?;
                while text.len() + 3 < end {
                    text.extend(bytes);
                }
            }
            1 | 2 => text.extend(bytes),
            3 => {
                let part = &bytes[..input.int_in_range(1..=bytes.len())?];
                text.extend(part.repeat(1 << input.int_in_range(0..=5)?));
            }
            4 => text.push(input.arbitrary()?),
            _ => {
                let bytes = usize::from(input.arbitrary::<u8>()? % 32);
                text.extend(input.bytes(bytes.min(input.len()))?);
            }
        }
    }
    text.truncate(Bench::LONGEST);
    Ok(text)
}

/// `escape_json_utf8_into` and `escape_json_ascii_utf8_into`.
pub fn escape_json_utf8(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let places = (place(&mut input)?, place(&mut input)?);
        let text = utf8(&mut input)?;
        BENCH.with(|bench| escapes().for_each(|backend| bench.utf8(backend, &text, places)));
        Ok(())
    };
    let _ = run();
}

/// `webstr_utf8_valid_up_to`.
pub fn utf8_valid_up_to(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let place = place(&mut input)?;
        let text = utf8(&mut input)?;
        BENCH.with(|bench| messages().for_each(|backend| bench.valid_up_to(backend, &text, place)));
        Ok(())
    };
    let _ = run();
}

/// `webstr_websocket_mask`.
pub fn websocket_mask(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let places = (place(&mut input)?, place(&mut input)?);
        let key = input.arbitrary()?;
        let mut payload = input.bytes(input.len())?.to_vec();
        payload.truncate(Bench::LONGEST);
        BENCH.with(|bench| {
            messages().for_each(|backend| bench.mask(backend, &payload, key, places));
        });
        Ok(())
    };
    let _ = run();
}

/// `sec_websocket_key_valid`: any bytes, and a valid key with some of them in it.
pub fn key_valid(data: &[u8]) {
    let run = || -> Result<()> {
        let mut input = Unstructured::new(data);
        let place = place(&mut input)?;
        let valid = |src: *const u8, len| {
            // SAFETY: `src` is readable for `len` bytes.
            unsafe { ffi::sec_websocket_key_valid(src.cast(), len) }
        };
        let mut key = b"dGhlIHNhbXBsZSBub25jZQ==".to_vec();
        if input.arbitrary()? {
            while !input.is_empty() {
                let at = input.choose_index(key.len())?;
                key[at] = input.arbitrary()?;
            }
        } else {
            key = input.bytes(input.len().min(Bench::LONGEST))?.to_vec();
        }
        BENCH.with(|bench| bench.key_valid(valid, &key, place));
        Ok(())
    };
    let _ = run();
}
