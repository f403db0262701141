#![no_main]
polyseal_fuzz::target!(part_json);
