#![no_main]
polyseal_fuzz::target!(responder_state);
