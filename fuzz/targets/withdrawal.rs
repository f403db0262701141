#![no_main]
polyseal_fuzz::target!(withdrawal);
