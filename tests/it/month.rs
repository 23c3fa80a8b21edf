//! A month of a company in which days pass: two runs a day over SFTP, a fault on every third. It looks at the destination in
//! every run, delivers whenever something changed and never otherwise, and the file on the server is what the mirror says.

use std::collections::BTreeMap;
use std::process::Stdio;

use crate::delivery::{approve, feed_of_mirror};
use crate::personio::http::{Delivery, Reply};
use crate::personio::{Personio, company, refusal};
use crate::sshd::{Manner, Sshd};
use crate::stage::Stage;

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Nothing,
    ServerDown,
    ReadOnly,
    DiskFull,
    RenameRefused,
    CutInMidUpload,
    KilledBeforeTheRename,
    KilledAfterTheRename,
    /// Asked for again, if the little patience that tests have suffices.
    PersonioCutsAPage,
    PersonioIsOverloaded,
}

const FAULTS: [Fault; 9] = [
    Fault::KilledAfterTheRename,
    Fault::CutInMidUpload,
    Fault::ServerDown,
    Fault::PersonioIsOverloaded,
    Fault::KilledBeforeTheRename,
    Fault::ReadOnly,
    Fault::PersonioCutsAPage,
    Fault::DiskFull,
    Fault::RenameRefused,
];

/// The company, its mirror and server, and beside it a mirror that nothing ever happens to: it knows what comes next.
struct Month {
    personio: Personio,
    sshd: Sshd,
    stage: Stage,
    undisturbed: Stage,
    /// How long a recorded file was, and where in its delivery the requests to rename it and to look at it came.
    recorded: Recorded,
}

struct Recorded {
    length: usize,
    rename: usize,
    look: usize,
}

impl Month {
    fn begin() -> Option<Self> {
        let sshd = Sshd::start()?;
        let personio = Personio::with(company::people(200));
        let (stage, undisturbed) = (Stage::connected(&personio), Stage::connected(&personio));
        stage.configure(&personio, &sshd.settings());
        sshd.behave(Manner::Recording(""));
        approve(&stage);
        let requests = sshd.recorded();
        let start = |wanted: &str| requests.iter().rfind(|(_, name)| name == wanted).unwrap().0;
        let recorded = Recorded {
            length: sshd.file().unwrap().len(),
            rename: start("posix-rename@openssh.com"),
            look: start("lstat"),
        };
        Some(Self { personio, sshd, stage, undisturbed, recorded })
    }

    /// What the next run that goes well must leave on the server.
    fn expected(&self) -> String {
        self.undisturbed.run(&["sync"]).expect(0);
        feed_of_mirror(&self.undisturbed)
    }

    /// One run with a fault. Whether it delivered.
    fn run(&mut self, fault: Fault, expected: &str) -> bool {
        let before = (self.sshd.file().unwrap(), self.stage.contents());
        let connections = self.sshd.connections();
        let (wanted, was_on_its_way) = (before.0 != expected, self.stage.unsettled() > 0);
        let code = self.run_with(fault, wanted, expected.len());
        let file = self.sshd.file().unwrap();
        // One to look, and one to deliver.
        let sign_ins = usize::from(fault != Fault::ServerDown) + usize::from(wanted);
        match code {
            0 => {
                assert_eq!(file, expected, "{fault:?}");
                assert_eq!(file, feed_of_mirror(&self.stage), "{fault:?}");
                assert_eq!(self.sshd.connections() - connections, sign_ins, "{fault:?}");
                assert_eq!(self.sshd.names().last().unwrap(), "employees.csv");
            }
            _ => {
                assert!(file == before.0 || file == expected, "{fault:?}: a whole file");
                let is_certain = self.stage.unsettled() == 0;
                assert!(file == before.0 || !is_certain, "{fault:?}: a file that the mirror does not know");
                assert!(!is_certain || was_on_its_way || self.stage.contents() == before.1, "{fault:?}");
                assert!(self.sshd.connections() - connections <= sign_ins, "{fault:?}");
            }
        }
        if wanted && code == 0 {
            assert_eq!(self.sshd.names(), ["employees.csv"], "{fault:?}");
        }
        wanted && code == 0
    }

    /// The exit code, -1 for a run that was killed. `wanted`: there is something to deliver, `length` bytes of it.
    fn run_with(&mut self, fault: Fault, wanted: bool, length: usize) -> i32 {
        let Recorded { length: recorded, rename, look } = self.recorded;
        let at = |start: usize| start + length - recorded;
        let manner = match fault {
            Fault::Nothing | Fault::ServerDown | Fault::PersonioCutsAPage | Fault::PersonioIsOverloaded => {
                Manner::Honest
            }
            Fault::ReadOnly => Manner::Options("-R"),
            Fault::DiskFull => Manner::FullDisk(1),
            Fault::RenameRefused => Manner::Options("-P rename,posix-rename"),
            Fault::CutInMidUpload => Manner::CutAt(length / 2, ""),
            Fault::KilledBeforeTheRename => Manner::SilentAt(at(rename), ""),
            Fault::KilledAfterTheRename => Manner::SilentAt(at(look), ""),
        };
        self.sshd.behave(manner);
        let (code, when_wanted) = match fault {
            Fault::Nothing => (self.sync(), 0),
            Fault::ServerDown => {
                self.sshd.down();
                let code = self.sync();
                self.sshd.up();
                (code, 75)
            }
            Fault::ReadOnly | Fault::RenameRefused => (self.sync(), 77),
            Fault::DiskFull | Fault::CutInMidUpload => (self.sync(), 75),
            Fault::KilledBeforeTheRename | Fault::KilledAfterTheRename if wanted => (self.killed_sync(), -1),
            Fault::KilledBeforeTheRename | Fault::KilledAfterTheRename => (self.sync(), -1),
            Fault::PersonioCutsAPage => {
                self.cut_one_answer();
                match self.sync() {
                    65 => return 65,
                    code => (code, 0),
                }
            }
            Fault::PersonioIsOverloaded => {
                self.personio.interfere(|_, _| Some(refusal(503)));
                let code = self.sync();
                self.personio.behave();
                assert_eq!(code, 75);
                return 75;
            }
        };
        assert_eq!(code, if wanted { when_wanted } else { 0 }, "{fault:?}");
        code
    }

    fn sync(&self) -> i32 {
        self.stage.run(&["sync"]).code
    }

    fn cut_one_answer(&self) {
        let mut is_cut = false;
        self.personio.interfere(move |request, _| {
            let cut = request.method == "GET" && !std::mem::replace(&mut is_cut, request.method == "GET");
            cut.then(|| Reply {
                delivery: Delivery::CutAfter(10),
                ..Reply::bytes(200, "application/json", "{\"success\": true}")
            })
        });
    }

    fn killed_sync(&self) -> i32 {
        let run = self.stage.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut run = run.unwrap();
        self.sshd.wait_for_silence();
        run.kill().unwrap();
        run.wait().unwrap();
        self.sshd.wait_for_the_sessions_to_end();
        -1
    }
}

#[test]
fn a_month_of_two_runs_a_day_with_a_fault_in_every_third() {
    let Some(mut month) = Month::begin() else { return };
    let mut faults = FAULTS.into_iter().cycle().peekable();
    let (mut deliveries, mut quiet) = (0, 0);
    let mut met: BTreeMap<Fault, usize> = BTreeMap::new();
    for run in 0..60 {
        // Its days are half as long as ours, so that something happens before most runs.
        month.personio.next_day();
        let expected = month.expected();
        let wanted = month.sshd.file().as_ref() != Some(&expected);
        let fault = match (run % 3, wanted) {
            // A fault that a quiet run does not meet comes once more.
            (2, true) => faults.next().unwrap(),
            (2, false) => *faults.peek().unwrap(),
            _ => Fault::Nothing,
        };
        let delivered = month.run(fault, &expected);
        *met.entry(fault).or_default() += usize::from(wanted);
        deliveries += usize::from(delivered);
        quiet += usize::from(!wanted);
    }
    // An undisturbed run puts everything right, and then there is nothing left to do.
    let expected = month.expected();
    month.run(Fault::Nothing, &expected);
    let connections = month.sshd.connections();
    assert!(!month.run(Fault::Nothing, &expected));
    assert_eq!(month.sshd.connections(), connections + 1);
    assert!(deliveries > 15 && quiet > 0, "{deliveries} deliveries, {quiet} quiet runs prove nothing");
    assert!(FAULTS.iter().all(|fault| met.get(fault).is_some_and(|times| *times > 0)), "{met:?}");
}
