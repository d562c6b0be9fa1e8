//! Counts what passed and failed over all suites, from what the test runners print.

/// Passed and failed tests.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Tally {
    pub(crate) fn one(passed: bool) -> Self {
        if passed { Self { passed: 1, failed: 0 } } else { Self { passed: 0, failed: 1 } }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Takes a line of a test runner into account, if it is a line that counts.
    pub(crate) fn read(&mut self, line: &str) {
        // Nextest repeats, indented, what a failed test printed: its own summary counts that test.
        let trimmed = line.trim();
        if let Some(counted) = nextest(trimmed).or_else(|| cargo_test(line)).or_else(|| node(trimmed)) {
            self.add(counted);
        }
    }

    /// A runner that failed without a failed test (it did not compile, it crashed) still failed.
    pub(crate) fn ended(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

/// `Summary [   0.010s] 3 tests run: 2 passed (1 slow), 1 failed, 0 skipped`
fn nextest(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("Summary [")?.split_once("run:")?;
    let failed = number_before(counts, "failed")
        + number_before(counts, "timed out")
        + number_before(counts, "exec failed");
    Some(Tally { passed: number_before(counts, "passed"), failed })
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; ...`
fn cargo_test(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result:")?;
    Some(Tally { passed: number_before(counts, "passed"), failed: number_before(counts, "failed") })
}

/// `ℹ pass 3` and `ℹ fail 0`, each on its own line
fn node(line: &str) -> Option<Tally> {
    let number = |prefix: &str| line.strip_prefix(prefix)?.trim().parse().ok();
    if let Some(passed) = number("ℹ pass ") {
        return Some(Tally { passed, failed: 0 });
    }
    let failed = number("ℹ fail ").or_else(|| number("ℹ cancelled "))?;
    Some(Tally { passed: 0, failed })
}

/// The number in front of a word: `3` in `2 failed, 3 passed` for `passed`. Nothing there is 0.
fn number_before(text: &str, word: &str) -> u32 {
    text.split([',', ';', '.'])
        .filter_map(|part| part.trim().split_once(' '))
        .find(|(_, rest)| *rest == word || rest.strip_prefix(word).is_some_and(|rest| rest.starts_with(" (")))
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn read(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally
    }

    #[test]
    fn counts_what_each_runner_prints() {
        let all_passed = "     Summary [   0.010s] 3 tests run: 3 passed, 0 skipped";
        assert_eq!(read(&[all_passed]), Tally { passed: 3, failed: 0 });
        let some_failed = "     Summary [  12.310s] 5 tests run: 3 passed (1 slow), 2 failed, 7 skipped";
        assert_eq!(read(&[some_failed]), Tally { passed: 3, failed: 2 });
        let repeated = "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 38 filtered out";
        assert_eq!(read(&[repeated, some_failed]), Tally { passed: 3, failed: 2 });
        let cargo = "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(read(&[cargo]), Tally { passed: 4, failed: 1 });
        assert_eq!(read(&["ℹ tests 3", "ℹ pass 2", "ℹ fail 1"]), Tally { passed: 2, failed: 1 });
    }

    #[test]
    fn a_runner_that_crashed_is_a_failure() {
        assert_eq!(Tally::default().ended(false), Tally { passed: 0, failed: 1 });
        assert_eq!(Tally { passed: 2, failed: 1 }.ended(false), Tally { passed: 2, failed: 1 });
        assert_eq!(Tally { passed: 2, failed: 0 }.ended(true), Tally { passed: 2, failed: 0 });
    }
}
