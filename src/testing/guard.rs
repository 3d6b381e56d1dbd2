//! Memory between two unmapped pages, for the tests: one byte too far is a fault.

use core::ptr;

pub struct Guarded {
    map: *mut u8,
    usable: usize,
    page: usize,
}

impl Guarded {
    /// At least `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        // SAFETY: an anonymous mapping of its own.
        unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
            let usable = capacity.next_multiple_of(page).max(page);
            let map = libc::mmap(
                ptr::null_mut(),
                usable + 2 * page,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert_ne!(map, libc::MAP_FAILED);
            let map = map.cast::<u8>();
            let access = libc::PROT_READ | libc::PROT_WRITE;
            assert_eq!(libc::mprotect(map.add(page).cast(), usable, access), 0);
            Self { map, usable, page }
        }
    }

    /// The first bytes after the guard page at the start.
    pub fn front(&self) -> *mut u8 {
        // SAFETY: within the mapping.
        unsafe { self.map.add(self.page) }
    }

    /// The last `len` bytes before the guard page at the end.
    pub fn back(&self, len: usize) -> *mut u8 {
        assert!(len <= self.usable);
        // SAFETY: within the mapping.
        unsafe { self.map.add(self.page + self.usable - len) }
    }

    /// How many bytes there are before and after the `len` bytes at `start`, `most` at the most.
    pub fn around(&self, start: *const u8, len: usize, most: usize) -> (usize, usize) {
        let before = start.addr() - self.front().addr();
        (before.min(most), (self.usable - before - len).min(most))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping that `new` made.
        unsafe { libc::munmap(self.map.cast(), self.usable + 2 * self.page) };
    }
}
