//! The stand-in's data: trades, their refunds, and notices about them.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{civil::DateTime, tz::Offset};
use serde_json::{Value, json};

use super::{APP, SELLER, signature::Fields};
use crate::support::ManualClock;

/// The answer to a call, or the reason of a refusal.
pub type Answer = Result<Value, &'static str>;

/// A buyer's action on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Scans the code, or logs in: the trade starts.
    Scan,
    Pay,
}

impl Act {
    pub fn word(self) -> &'static str {
        match self {
            Act::Scan => "scan",
            Act::Pay => "pay",
        }
    }
}

struct Refund {
    number: String,
    fen: i64,
    done: bool,
}

struct Trade {
    number: String,
    /// The requested content: the same trade with different content is refused.
    content: Value,
    fen: i64,
    status: &'static str,
    was_paid: bool,
    ends_at_s: i64,
    refunds: Vec<Refund>,
}

pub struct Account {
    clock: Arc<ManualClock>,
    /// By the merchant's numbers.
    trades: BTreeMap<String, Trade>,
    refunds_wait: bool,
    sent: u32,
    notices: Vec<Fields>,
}

/// The order fields that the stand-in accepts.
const FIELDS: [&str; 5] = [
    "out_trade_no",
    "product_code",
    "subject",
    "time_expire",
    "total_amount",
];
/// A trade ends at most this long after its start.
const LONGEST_S: i64 = 15 * 24 * 3_600;
const NOT_THERE: &str = "ACQ.TRADE_NOT_EXIST";

fn fen(yuan: &str) -> Option<i64> {
    let (yuan, fen) = yuan.split_once('.')?;
    let fen = Some(fen).filter(|fen| fen.len() == 2)?;
    format!("{yuan}{fen}").parse().ok()
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A Beijing time, in unix seconds.
pub fn seconds(time: &str) -> Option<i64> {
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S", time).ok()?;
    let instant = Offset::constant(8).to_timestamp(time).ok()?;
    Some(instant.as_second())
}

impl Account {
    pub fn new(clock: Arc<ManualClock>) -> Account {
        Account {
            clock,
            trades: BTreeMap::new(),
            refunds_wait: false,
            sent: 0,
            notices: Vec::new(),
        }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.get() / 1_000
    }

    /// Expired trades close by themselves; website payment has no notice of that.
    pub fn expire(&mut self) {
        let now_s = self.now_s();
        let waiting = |trade: &&mut Trade| trade.status == "WAIT_BUYER_PAY";
        for trade in self.trades.values_mut().filter(waiting) {
            if trade.ends_at_s <= now_s {
                trade.status = "TRADE_CLOSED";
            }
        }
    }

    /// A buyer acts on the page of an order. False if that is not possible.
    pub fn act(&mut self, content: &Value, act: &str) -> bool {
        let Some(number) = self.begin(content) else {
            return false;
        };
        let trade = self.trades.get_mut(&number).unwrap();
        if trade.status != "WAIT_BUYER_PAY" {
            return false;
        }
        if act == "pay" {
            trade.status = "TRADE_SUCCESS";
            trade.was_paid = true;
            self.announce(&number);
        }
        true
    }

    /// The trade of an order, started if necessary; `None` if the order is invalid or expired.
    fn begin(&mut self, content: &Value) -> Option<String> {
        let object = content.as_object()?;
        let known = object.keys().all(|name| FIELDS.contains(&name.as_str()));
        let field = |name: &str| object.get(name).and_then(Value::as_str);
        let number = field("out_trade_no")?.to_owned();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_number = (1..=64).contains(&number.len()) && number.chars().all(fits);
        let subject = field("subject")?;
        let has_subject = !subject.is_empty() && !subject.contains(['/', '=', '&']);
        let product = field("product_code")? == "FAST_INSTANT_TRADE_PAY";
        if !(known && is_number && has_subject && product) {
            return None;
        }
        let now_s = self.now_s();
        let ends_at_s = match field("time_expire") {
            Some(time) => seconds(time)?,
            None => now_s + LONGEST_S,
        };
        if let Some(trade) = self.trades.get(&number) {
            return (trade.content == *content).then_some(number);
        }
        if !(now_s + 1..=now_s + LONGEST_S).contains(&ends_at_s) {
            return None;
        }
        let trade = Trade {
            number: format!("20270115220014{:014}", self.trades.len() + 1),
            content: content.clone(),
            fen: fen(field("total_amount")?).filter(|fen| *fen > 0)?,
            status: "WAIT_BUYER_PAY",
            was_paid: false,
            ends_at_s,
            refunds: Vec::new(),
        };
        self.trades.insert(number.clone(), trade);
        Some(number)
    }

    /// The merchant's number of the trade that a call names.
    fn found(&self, content: &Value) -> Result<String, &'static str> {
        let field = |name: &str| content.get(name).and_then(Value::as_str);
        let (ours, theirs) = (field("trade_no"), field("out_trade_no"));
        let found = self.trades.iter().find(|(number, trade)| match ours {
            Some(ours) => trade.number == ours,
            None => Some(number.as_str()) == theirs,
        });
        found.map(|(number, _)| number.clone()).ok_or(NOT_THERE)
    }

    pub fn call(&mut self, method: &str, content: &Value) -> Answer {
        self.expire();
        let number = self.found(content)?;
        let trade = self.trades.get_mut(&number).unwrap();
        let field = |name: &str| content.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut answer = json!({ "trade_no": trade.number, "out_trade_no": number });
        match method {
            "alipay.trade.query" => {
                answer["trade_status"] = trade.status.into();
                answer["total_amount"] = yuan(trade.fen).into();
                answer["buyer_logon_id"] = "买家/139****0001".into();
            }
            "alipay.trade.close" if trade.status != "WAIT_BUYER_PAY" => {
                return Err("ACQ.TRADE_STATUS_ERROR");
            }
            "alipay.trade.close" => trade.status = "TRADE_CLOSED",
            "alipay.trade.refund" => {
                let request = field("out_request_no").ok_or("ACQ.INVALID_PARAMETER")?;
                let amount = field("refund_amount").and_then(|yuan| fen(&yuan));
                let amount = amount.ok_or("ACQ.INVALID_PARAMETER")?;
                let moved = self.refund(&number, &request, amount)?;
                answer["fund_change"] = if moved { "Y" } else { "N" }.into();
            }
            "alipay.trade.fastpay.refund.query" => {
                let request = field("out_request_no").ok_or("ACQ.INVALID_PARAMETER")?;
                let is_it = |refund: &&Refund| refund.number == request && refund.done;
                if let Some(refund) = trade.refunds.iter().find(is_it) {
                    answer["out_request_no"] = request.into();
                    answer["refund_status"] = "REFUND_SUCCESS".into();
                    answer["refund_amount"] = yuan(refund.fen).into();
                }
            }
            _ => return Err("isv.invalid-method"),
        }
        Ok(answer)
    }

    /// Returns whether money moves now.
    fn refund(&mut self, number: &str, request: &str, fen: i64) -> Result<bool, &'static str> {
        let trade = self.trades.get_mut(number).unwrap();
        if let Some(made) = trade.refunds.iter().find(|refund| refund.number == request) {
            let same = made.fen == fen;
            return same.then_some(false).ok_or("ACQ.DISCORDANT_REPEAT_REQUEST");
        }
        match trade.status {
            "TRADE_SUCCESS" => {}
            "TRADE_FINISHED" => return Err("ACQ.TRADE_HAS_FINISHED"),
            _ => return Err("ACQ.TRADE_HAS_CLOSE"),
        }
        let before: i64 = trade.refunds.iter().map(|refund| refund.fen).sum();
        if fen <= 0 || before + fen > trade.fen {
            return Err("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
        }
        trade.refunds.push(Refund {
            number: request.to_owned(),
            fen,
            done: !self.refunds_wait,
        });
        self.settle_refunds(number);
        Ok(!self.refunds_wait)
    }

    fn settle_refunds(&mut self, number: &str) {
        let trade = self.trades.get_mut(number).unwrap();
        let done = trade.refunds.iter().filter(|refund| refund.done);
        match done.map(|refund| refund.fen).sum::<i64>() {
            0 => return,
            all if all == trade.fen => trade.status = "TRADE_CLOSED",
            _ => {}
        }
        self.announce(number);
    }

    pub fn console_refund(&mut self, number: &str, fen: i64) {
        let request = format!("console-{}", self.sent);
        assert_eq!(self.refund(number, &request, fen), Ok(true));
    }

    pub fn refunds_wait(&mut self, wait: bool) {
        self.refunds_wait = wait;
        let numbers: Vec<String> = self.trades.keys().cloned().collect();
        for number in numbers {
            let refunds = &mut self.trades.get_mut(&number).unwrap().refunds;
            if wait || refunds.iter().all(|refund| refund.done) {
                continue;
            }
            for refund in refunds.iter_mut() {
                refund.done = true;
            }
            self.settle_refunds(&number);
        }
    }

    pub fn finish(&mut self) {
        let paid = |trade: &Trade| trade.status == "TRADE_SUCCESS";
        let paid: Vec<String> = self
            .trades
            .iter()
            .filter(|(_, trade)| paid(trade))
            .map(|(number, _)| number.clone())
            .collect();
        for number in paid {
            self.trades.get_mut(&number).unwrap().status = "TRADE_FINISHED";
            self.announce(&number);
        }
    }

    pub fn balance(&self) -> i64 {
        let paid = self.trades.values().filter(|trade| trade.was_paid);
        paid.map(|trade| {
            let done = trade.refunds.iter().filter(|refund| refund.done);
            trade.fen - done.map(|refund| refund.fen).sum::<i64>()
        })
        .sum()
    }

    fn announce(&mut self, number: &str) {
        self.sent += 1;
        let trade = &self.trades[number];
        let mut notice: Vec<(&str, String)> = vec![
            ("app_id", APP.to_owned()),
            ("charset", "utf-8".to_owned()),
            ("notify_id", format!("2027011500222{:021}", self.sent)),
            ("notify_time", "2027-01-15 16:00:00".to_owned()),
            ("notify_type", "trade_status_sync".to_owned()),
            ("out_trade_no", number.to_owned()),
            ("seller_id", SELLER.to_owned()),
            (
                "subject",
                trade.content["subject"].as_str().unwrap().to_owned(),
            ),
            ("total_amount", yuan(trade.fen)),
            ("trade_no", trade.number.clone()),
            ("trade_status", trade.status.to_owned()),
            ("version", "1.0".to_owned()),
        ];
        let done = trade.refunds.iter().filter(|refund| refund.done);
        let went_back: i64 = done.map(|refund| refund.fen).sum();
        if went_back > 0 {
            notice.push(("refund_fee", yuan(went_back)));
            notice.push(("gmt_refund", "2027-01-15 17:00:00".to_owned()));
        }
        let fields = notice
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        self.notices.push(fields.collect());
    }

    pub fn take_notices(&mut self) -> Vec<Fields> {
        std::mem::take(&mut self.notices)
    }
}
