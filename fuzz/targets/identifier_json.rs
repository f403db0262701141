#![no_main]
polyseal_fuzz::target!(identifier_json);
