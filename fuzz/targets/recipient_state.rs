#![no_main]
polyseal_fuzz::target!(recipient_state);
