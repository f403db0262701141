#![no_main]
polyseal_fuzz::target!(contribution);
