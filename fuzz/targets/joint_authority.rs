#![no_main]
polyseal_fuzz::target!(joint_authority);
