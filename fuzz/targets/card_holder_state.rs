#![no_main]
polyseal_fuzz::target!(card_holder_state);
