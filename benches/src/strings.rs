//! Lists of strings by address, and where in memory they lie.

use crate::measure::Contender;

/// Strings that a contender takes one after the other.
pub struct Strings {
    /// Address and length in units.
    list: Vec<(*const u8, usize)>,
    /// How many of them one call of a contender takes; the next call takes the next ones.
    per_call: usize,
    /// Whether the bytes before and after a string are written just before it is read.
    touch: bool,
    _memory: Memory,
}

enum Memory {
    Owned(#[allow(dead_code)] Vec<u8>),
    Borrowed,
    Pages(*mut libc::c_void, usize),
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Self::Pages(start, len) = *self {
            // SAFETY: `at_page_ends` mapped them, and the strings go with them.
            unsafe { libc::munmap(start, len) };
        }
    }
}

impl Strings {
    const COPIES: usize = 16;
    const SPREAD: usize = 264;

    /// Copies of a string of `width`-byte units, in as many places as fit the cache, spread over the
    /// cache's lines and the pages: where a short one happens to lie can double its time.
    pub fn spread(string: &[u8], width: usize) -> Self {
        let stride = (string.len() + 2 * Self::SPREAD).next_multiple_of(4096) + Self::SPREAD;
        let count = if string.len() <= 1024 { Self::COPIES } else { 1 };
        let mut memory = Vec::with_capacity(Self::SPREAD + count * stride);
        let mut starts = Vec::new();
        for _ in 0..count {
            memory.resize(memory.len() + Self::SPREAD, b' ');
            starts.push(memory.len());
            memory.extend_from_slice(string);
            memory.resize(starts.len() * stride, b' ');
        }
        memory.resize(memory.len() + Self::SPREAD, b' ');
        let first = memory.as_mut_ptr();
        let list = starts
            .into_iter()
            .map(|start| (first.wrapping_add(start).cast_const(), string.len() / width))
            .collect();
        Self::new(list, Memory::Owned(memory))
    }

    /// The same, and each call first writes the byte before the string and the one after it.
    pub fn beside_new_bytes(string: &[u8]) -> Self {
        Self { touch: true, ..Self::spread(string, 1) }
    }

    /// Copies of a string, each of which ends where its page ends and the next is not mapped.
    pub fn at_page_ends(string: &[u8]) -> Self {
        // SAFETY: no arguments but a name.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        assert!(string.len() <= page);
        let len = 2 * page * Self::COPIES;
        let mut list = Vec::new();
        // SAFETY: fresh pages, of which every second one is made writable; a string fits a page.
        unsafe {
            let (protection, flags) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            let start = libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0);
            assert_ne!(start, libc::MAP_FAILED);
            for i in 0..Self::COPIES {
                let place = start.add(2 * page * i);
                assert_eq!(libc::mprotect(place, page, libc::PROT_READ | libc::PROT_WRITE), 0);
                let src = place.cast::<u8>().add(page - string.len());
                src.copy_from_nonoverlapping(string.as_ptr(), string.len());
                list.push((src.cast_const(), string.len()));
            }
            Self::new(list, Memory::Pages(start, len))
        }
    }

    /// Texts where they are, which must outlive this.
    pub fn in_order(texts: &[&str]) -> Self {
        let list = texts.iter().map(|text| (text.as_ptr(), text.len())).collect();
        Self::new(list, Memory::Borrowed)
    }

    /// The same, each call in another order, so that the branch predictor cannot learn it.
    pub fn shuffled(texts: &[&str]) -> Self {
        let orders = if texts.len() < 3000 { 24 } else { 4 };
        let mut state = 88_172_645_463_325_252_u64;
        let mut list = Vec::new();
        for _ in 0..orders {
            let mut order = texts.to_vec();
            for i in (1..order.len()).rev() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                order.swap(i, (state % (i as u64 + 1)) as usize);
            }
            list.extend(order.iter().map(|text| (text.as_ptr(), text.len())));
        }
        Self { per_call: texts.len(), ..Self::new(list, Memory::Borrowed) }
    }

    fn new(list: Vec<(*const u8, usize)>, memory: Memory) -> Self {
        Self { per_call: list.len(), list, touch: false, _memory: memory }
    }

    /// How many strings one call of a contender takes.
    pub fn per_call(&self) -> usize {
        self.per_call
    }

    /// Units of the longest.
    pub fn longest(&self) -> usize {
        self.list.iter().map(|&(_, len)| len).max().unwrap_or(0)
    }

    pub fn iter(&self) -> impl Iterator<Item = (*const u8, usize)> {
        self.list.iter().copied()
    }

    /// Calls `call` with one string after the other.
    pub fn contender<'a>(&'a self, mut call: impl FnMut(*const u8, usize) + 'a) -> Contender<'a> {
        let mut lists = self.list.chunks(self.per_call).cycle();
        let mut next = move || lists.next().expect("there are strings");
        if self.touch {
            Box::new(move |calls| {
                for _ in 0..calls {
                    for &(src, len) in next() {
                        // SAFETY: `spread` left room on both sides.
                        unsafe {
                            src.sub(1).cast_mut().write_volatile(b'-');
                            src.add(len).cast_mut().write_volatile(b'-');
                        }
                        call(src, len);
                    }
                }
            })
        } else {
            Box::new(move |calls| {
                for _ in 0..calls {
                    for &(src, len) in next() {
                        call(src, len);
                    }
                }
            })
        }
    }
}
