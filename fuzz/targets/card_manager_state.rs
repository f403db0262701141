#![no_main]
polyseal_fuzz::target!(card_manager_state);
