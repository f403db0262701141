//! Derives a common key so many times: the arguments are the threshold and how often. Status 0 says that each is the
//! key that the peer derived where this was compiled.
//!
//! Code for a microcontroller, run as a process of Linux under an emulator that counts: all it asks of the system are
//! its arguments and its end.
#![no_std]
#![no_main]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::CStr;
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use polyseal::{Identifier, KeySource, Share};

/// The 256 KiB of RAM that many a Cortex-M4 has. Nothing is given back.
struct Memory {
    used: AtomicUsize,
}

const SIZE: usize = 256 << 10;

#[repr(align(8))]
struct Bytes(#[expect(dead_code, reason = "by pointer alone")] [u8; SIZE]);

static mut BYTES: Bytes = Bytes([0; SIZE]);

// SAFETY: every piece begins at 8 bytes or where the last one ended rounded up, and none overlaps another.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let begin = self.used.load(Ordering::Relaxed).next_multiple_of(8);
        let end = begin + layout.size();
        if layout.align() > 8 || end > SIZE {
            return ptr::null_mut();
        }
        self.used.store(end, Ordering::Relaxed);
        unsafe { (&raw mut BYTES).cast::<u8>().add(begin) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: Memory = Memory { used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(101)
}

fn exit(status: usize) -> ! {
    // SAFETY: the system call of that number ends the process.
    unsafe { core::arch::asm!("movs r7, #1", "svc 0", in("r0") status, options(noreturn)) }
}

core::arch::global_asm!(".thumb_func", ".global _start", ".type _start, %function", "_start:", "mov r0, sp", "bl run");

macro_rules! case {
    ($threshold:literal) => {
        (
            $threshold,
            include_bytes!(concat!(env!("OUT_DIR"), "/", $threshold, ".share")).as_slice(),
            include_bytes!(concat!(env!("OUT_DIR"), "/", $threshold, ".key")),
        )
    };
}

const CASES: [(usize, &[u8], &[u8; 32]); 3] = [case!(64), case!(256), case!(1024)];

/// `stack`: the number of arguments, and where each one is.
///
/// # Safety
///
/// It is what Linux gives a process.
#[unsafe(no_mangle)]
unsafe extern "C" fn run(stack: *const usize) -> ! {
    let number = |place: usize| -> Option<usize> {
        // SAFETY: arguments end in a zero byte, and the places up to their number hold them.
        let text = unsafe {
            (place <= *stack).then_some(())?;
            CStr::from_ptr((*stack.add(place)) as *const core::ffi::c_char)
        };
        text.to_str().ok()?.parse().ok()
    };
    exit(match (number(2), number(3)) {
        (Some(threshold), Some(times)) => match derive(threshold, times) {
            Some(true) => 0,
            Some(false) => 1,
            None => 3,
        },
        _ => 2,
    })
}

/// Whether all keys are the expected one.
fn derive(threshold: usize, times: usize) -> Option<bool> {
    let (_, share, expected) = CASES.iter().find(|(of, ..)| *of == threshold)?;
    let share = Share::import(share).ok()?;
    let peer = Identifier::new("shop.example").ok()?;
    let mut right = true;
    for _ in 0..times {
        right &= share.common_key(black_box(&peer), share.domain()).ok()?.export().as_slice() == expected.as_slice();
    }
    Some(right)
}
