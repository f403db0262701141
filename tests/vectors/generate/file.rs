//! A vector file, as tests/vectors/README.md describes it.

use serde_json::{Value, json};

/// A vector file: tests that are numbered as they come.
pub(crate) struct File {
    name: &'static str,
    description: String,
    flags: Vec<&'static str>,
    tests: Vec<Value>,
}

impl File {
    /// With the meaning of each flag.
    pub(crate) fn new(name: &'static str, about: &str, flags: &[(&'static str, &str)]) -> Self {
        let explained: Vec<_> = flags.iter().map(|(flag, meaning)| format!("{flag}: {meaning}")).collect();
        let description = format!("{about} Flags: {}.", explained.join("; "));
        Self { name, description, flags: flags.iter().map(|(flag, _)| *flag).collect(), tests: Vec::new() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// A test whose input gives this output.
    pub(crate) fn valid(&mut self, comment: &str, flag: &str, input: Value, output: Value) {
        self.add(comment, "valid", flag, [("input", input), ("output", output)]);
    }

    /// A test whose input this rule of SPEC.md refuses.
    pub(crate) fn invalid(&mut self, comment: &str, flag: &str, must: &str, input: Value) {
        self.add(comment, "invalid", flag, [("must", must.into()), ("input", input)]);
    }

    fn add(&mut self, comment: &str, result: &str, flag: &str, members: [(&str, Value); 2]) {
        assert!(self.flags.contains(&flag), "{flag} is not explained");
        let id = self.tests.len() + 1;
        let test = json!({"id": id, "comment": comment, "result": result, "flags": [flag]});
        let Value::Object(mut test) = test else { panic!("an object") };
        test.extend(members.map(|(name, value)| (name.to_owned(), value)));
        self.tests.push(test.into());
    }

    /// A test a line, so that a change of one shows as one.
    pub(crate) fn into_text(self) -> String {
        let tests: Vec<String> = self.tests.iter().map(|test| format!("    {test}")).collect();
        let description = Value::from(self.description.as_str());
        format!("{{\n  \"description\": {description},\n  \"tests\": [\n{}\n  ]\n}}\n", tests.join(",\n"))
    }
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An input with changes.
pub(crate) fn with<const N: usize>(input: &Value, changes: [(&str, Value); N]) -> Value {
    let Value::Object(mut input) = input.clone() else { panic!("an object") };
    input.extend(changes.map(|(name, value)| (name.to_owned(), value)));
    input.into()
}
