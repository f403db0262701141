#![no_main]
polyseal_fuzz::target!(delivery_report);
