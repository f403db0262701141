#![no_main]
polyseal_fuzz::target!(seller_state);
