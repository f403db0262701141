//! Plays seeds and says what came of them.
fn main() {
    let t = std::time::Instant::now();
    let mut counts = world::report::Counts::default();
    let range: Vec<u64> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    for seed in range[0]..range[1] {
        let o = world::play::play(seed, &world::script::script(seed), None);
        counts.add(&o.counts);
        if let Some(v) = o.violation {
            println!("seed {seed}: {v}");
        }
    }
    println!("{counts}");
    println!("{:.0}/s", counts.purchases as f64 / t.elapsed().as_secs_f64());
}
