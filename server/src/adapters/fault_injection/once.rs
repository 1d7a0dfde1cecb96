//! A single fault that a setting injects into a running process.

use std::{
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Fault, FaultInjector, Point};

/// The call that fails, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedFault {
    /// The port's method.
    call: String,
    /// Before or after its effect.
    point: Point,
    /// The number of the call, counted from 1.
    nth: u32,
    end: End,
}

/// How the failing call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The process dies, as with `kill -9`.
    Die,
    /// It returns an error.
    Fail,
    Panic,
}

impl FromStr for InjectedFault {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "has the form call:before|after:number:die|fail|panic";
        let [call, point, nth, end] = text.split(':').collect::<Vec<_>>()[..] else {
            return Err(SHAPE);
        };
        Ok(Self {
            call: call.to_owned(),
            point: match point {
                "before" => Point::Before,
                "after" => Point::After,
                _ => return Err(SHAPE),
            },
            nth: nth.parse().map_err(|_| SHAPE)?,
            end: match end {
                "die" => End::Die,
                "fail" => End::Fail,
                "panic" => End::Panic,
                _ => return Err(SHAPE),
            },
        })
    }
}

/// Injects its fault once.
pub struct InjectOnce {
    fault: InjectedFault,
    calls: AtomicU32,
}

impl InjectOnce {
    /// Starts counting calls at zero.
    pub fn new(fault: InjectedFault) -> Self {
        Self {
            fault,
            calls: AtomicU32::new(0),
        }
    }
}

impl FaultInjector for InjectOnce {
    fn next(&self, call: &'static str, point: Point) -> Fault {
        if call != self.fault.call || point != self.fault.point {
            return Fault::None;
        }
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 != self.fault.nth {
            return Fault::None;
        }
        tracing::warn!(call, end = ?self.fault.end, "injecting a fault, as configured");
        match self.fault.end {
            // Runs no destructor and flushes nothing.
            End::Die => std::process::abort(),
            End::Fail => Fault::Fail,
            End::Panic => Fault::Panic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injected_fault_fails_its_call_once() {
        let injector = InjectOnce::new("ack:before:2:fail".parse().unwrap());
        let asked = [
            ("ack", Point::Before),
            ("ack", Point::After),
            ("write", Point::Before),
            ("ack", Point::Before),
            ("ack", Point::Before),
        ];
        let faults = asked.map(|(call, point)| injector.next(call, point));
        assert_eq!(faults[3], Fault::Fail);
        assert_eq!(faults.iter().filter(|f| **f != Fault::None).count(), 1);
    }

    #[test]
    fn a_malformed_fault_is_refused() {
        for text in [
            "",
            "ack",
            "ack:during:1:die",
            "ack:before:x:die",
            "ack:before:1:live",
        ] {
            assert!(text.parse::<InjectedFault>().is_err(), "{text}");
        }
    }
}
