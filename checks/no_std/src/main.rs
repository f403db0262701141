//! Derives a key and names the types of every role, without std. With std in the graph there are two panic handlers, and
//! that is an error.
#![no_std]
#![no_main]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};

use polyseal::{CardHolder, CardManager, KeySource, Recipient, Seller, Share};

struct NoMemory;

// SAFETY: a null pointer is how an allocator says that there is no memory; nothing is ever freed.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// All that a device has of this library.
pub struct Device {
    pub holder: CardHolder<Share>,
    pub seller: Seller<Share>,
    pub manager: CardManager<Share>,
    pub courier: Recipient<Share>,
    pub gateway: Recipient<Share>,
}

#[unsafe(no_mangle)]
pub extern "C" fn main() -> i32 {
    let Ok(share) = Share::import(&[]) else { return 1 };
    let Ok(key) = share.common_key(share.identifier(), share.domain()) else { return 2 };
    i32::from(key.export()[0])
}
