#![no_main]
polyseal_fuzz::target!(open_response);
