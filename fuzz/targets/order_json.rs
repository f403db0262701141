#![no_main]
polyseal_fuzz::target!(order_json);
