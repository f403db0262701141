#![no_main]
polyseal_fuzz::target!(initiator_state);
