//! [`app::port::Storefront`] over the engine. Authenticates the caller, calls one use case, and maps
//! errors to the wire's codes (see `wire_errors`).

mod after_purchase;
pub(super) mod people;
mod pictures;
mod second_factor;
pub(super) mod views;

use std::{net::IpAddr, sync::Arc};

use app::{
    port::{Credentials, LoggedIn, Registration, Storefront, Visitor},
    routes,
    wire::{
        ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, ItemDetail, ItemId, LogIn,
        Me, Order, OrderDetail, OrderId, PaymentPage, Reservation, ReservationId,
        ReservationStatus, Reserved, Round, Stock, Switch,
    },
};
use async_trait::async_trait;

use self::views::{lost, order_detail, reservation, reservation_status};
use super::{
    Engine,
    accounts::sign_in,
    limit,
    orders::cancel,
    payments::{check, pay},
    ports::{Limit, Lookup, OrderRecord},
    purchase::{ask_captcha, hand_out_path, reserve},
    wire_errors::{limit_error, port_error},
};
use crate::security::{self, Concerned, Event};

/// The most orders a buyer is shown.
pub(super) const ORDERS_SHOWN: u32 = 100;
/// The most reservations without an order that a buyer is shown.
pub(super) const RESERVATIONS_SHOWN: u32 = 50;
/// A failed reservation is shown for a day.
pub(super) const FAILURES_SHOWN_MS: i64 = 24 * 3_600_000;

/// The engine as shoppers use it.
pub struct ShopFront {
    engine: Engine,
}

impl ShopFront {
    /// Makes the shoppers' interface to `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Whether a switch allows the caller to change an account. Staff always may.
    fn may_change(&self, visitor: &Visitor) -> Result<(), ApiError> {
        let me = visitor.me.as_ref();
        match me.is_some_and(|me| me.role.is_staff()) {
            true => Ok(()),
            false => self.engine.switches.in_effect.refuse(&CLOSE_CHANGES),
        }
    }

    /// Another buyer's order is reported as missing.
    async fn own_order(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
    ) -> Result<OrderRecord, ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        let order = cancel::own(&self.engine.orders, buyer, order_id).await;
        order.map_err(port_error)?.ok_or(ApiError::NotFound)
    }
}

/// Returns an answer unchanged, and records a refusal that may be an attack.
fn recorded<T>(visitor: &Visitor, answer: Result<T, ApiError>) -> Result<T, ApiError> {
    if let Err(error) = &answer
        && let Some(event) = Event::of_refusal(error)
    {
        security::record(event, &Concerned::of(visitor));
    }
    answer
}

/// Switches that stop purchases.
const CLOSE_PURCHASES: [Switch; 2] = [Switch::ReadingOnly, Switch::QueueOnly];
/// Switches that stop all other changes.
const CLOSE_CHANGES: [Switch; 1] = [Switch::ReadingOnly];

/// The caller, if allowed to buy.
fn buyer(visitor: &Visitor) -> Result<&Me, ApiError> {
    let me = visitor.signed_in()?;
    if me.banned {
        Err(ApiError::Banned)
    } else {
        Ok(me)
    }
}

#[async_trait]
impl Storefront for ShopFront {
    fn now_ms(&self) -> i64 {
        self.engine.purchase.clock.now_ms()
    }

    async fn admit(&self, ip: IpAddr) -> Result<(), ApiError> {
        limit::count(
            &*self.engine.accounts.limits,
            Limit::Address(limit::counted_address(ip)),
        )
        .await
        .map_err(limit_error)
    }

    async fn authenticate(&self, login_token: &str) -> Result<Option<Me>, ApiError> {
        let login = sign_in::authenticate(&self.engine.accounts, login_token)
            .await
            .map_err(port_error)?;
        Ok(login.map(|login| login.me))
    }

    async fn register(&self, visitor: &Visitor, form: Registration) -> Result<LoggedIn, ApiError> {
        people::register(&self.engine.accounts, visitor, form).await
    }

    async fn login(&self, visitor: &Visitor, form: Credentials) -> Result<LoggedIn, ApiError> {
        people::login(&self.engine.accounts, visitor, form).await
    }

    async fn logout(&self, visitor: &Visitor) -> Result<(), ApiError> {
        people::logout(&self.engine.accounts, visitor).await
    }

    async fn change_password(
        &self,
        visitor: &Visitor,
        current: String,
        new: String,
    ) -> Result<LoggedIn, ApiError> {
        self.may_change(visitor)?;
        people::change_password(&self.engine.accounts, visitor, current, new).await
    }

    async fn log_ins(&self, visitor: &Visitor) -> Result<Vec<LogIn>, ApiError> {
        people::log_ins(&self.engine.accounts, visitor).await
    }

    async fn end_log_in(
        &self,
        visitor: &Visitor,
        log_in_id: &str,
        password: String,
    ) -> Result<(), ApiError> {
        self.may_change(visitor)?;
        people::end_log_in(&self.engine.accounts, visitor, log_in_id, password).await
    }

    async fn end_other_log_ins(&self, visitor: &Visitor, password: String) -> Result<(), ApiError> {
        self.may_change(visitor)?;
        people::end_other_log_ins(&self.engine.accounts, visitor, password).await
    }

    async fn rounds(&self) -> Result<Arc<Vec<Round>>, ApiError> {
        self.engine
            .purchase
            .catalogue
            .rounds(self.now_ms())
            .await
            .map_err(port_error)
    }

    async fn item(&self, item_id: ItemId) -> Result<Arc<ItemDetail>, ApiError> {
        let item = self
            .engine
            .purchase
            .catalogue
            .item(item_id)
            .await
            .map_err(port_error)?;
        item.ok_or(ApiError::NotFound)
    }

    async fn stock(&self, item_id: ItemId) -> Result<Stock, ApiError> {
        let item = self.item(item_id).await?;
        let live = self
            .engine
            .stock
            .gate
            .stock(item_id)
            .await
            .map_err(port_error)?;
        Ok(Stock {
            total: live.map_or(item.item.total, |live| live.total),
            sellable: live.map_or(item.item.sellable, |live| live.sellable),
            phase: item.phase_at(self.now_ms()),
            starts_at_ms: item.starts_at_ms,
            ends_at_ms: item.ends_at_ms,
            stopped: item.stopped.clone(),
        })
    }

    async fn captcha(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
    ) -> Result<CaptchaChallenge, ApiError> {
        let asked = async {
            let buyer = buyer(visitor)?.account_id;
            self.engine.switches.in_effect.refuse(&CLOSE_PURCHASES)?;
            Ok::<_, ApiError>(ask_captcha::ask(&self.engine.purchase, buyer, item_id).await?)
        };
        let asked = asked.await;
        let outcome = asked.as_ref().err().map_or("asked", ApiError::code);
        metrics::counter!("seckill_captcha_total", "outcome" => outcome).increment(1);
        let Some(asked) = recorded(visitor, asked)? else {
            return Ok(views::no_question(
                CaptchaId(self.engine.purchase.ids.id()),
                visitor.language,
            ));
        };
        Ok(CaptchaChallenge {
            captcha_id: asked.captcha_id,
            image_url: routes::captcha_picture(asked.captcha_id),
            prompt: asked.question.prompt.get(visitor.language).to_owned(),
            numeric: asked.question.numeric,
        })
    }

    async fn captcha_picture(&self, captcha_id: CaptchaId) -> Result<Vec<u8>, ApiError> {
        Ok(ask_captcha::get(&self.engine.purchase, captcha_id)
            .await?
            .question
            .png
            .to_vec())
    }

    async fn captcha_words(
        &self,
        visitor: &Visitor,
        captcha_id: CaptchaId,
    ) -> Result<CaptchaWords, ApiError> {
        let (purchase, language) = (&self.engine.purchase, visitor.language);
        let words = async {
            let buyer = buyer(visitor)?.account_id;
            Ok::<_, ApiError>(ask_captcha::spell(purchase, buyer, captcha_id, language).await?)
        };
        let words = recorded(visitor, words.await)?;
        Ok(CaptchaWords { words })
    }

    async fn path(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
        captcha_id: Option<CaptchaId>,
        answer: Option<String>,
    ) -> Result<HiddenPath, ApiError> {
        let (purchase, answer) = (&self.engine.purchase, answer.as_deref());
        let grant = async {
            let buyer = buyer(visitor)?.account_id;
            self.engine.switches.in_effect.refuse(&CLOSE_PURCHASES)?;
            let grant = hand_out_path::hand_out_path(purchase, buyer, item_id, captcha_id, answer);
            Ok::<_, ApiError>(grant.await?)
        };
        let grant = grant.await;
        let outcome = grant.as_ref().err().map_or("handed_out", ApiError::code);
        metrics::counter!("seckill_path_total", "outcome" => outcome).increment(1);
        let grant = recorded(visitor, grant)?;
        Ok(HiddenPath {
            path: grant.path,
            expires_at_ms: grant.expires_at_ms,
        })
    }

    async fn purchase(
        &self,
        visitor: &Visitor,
        path: String,
        item_id: ItemId,
    ) -> Result<Reserved, ApiError> {
        let buyer = recorded(visitor, buyer(visitor))?.account_id;
        let result = match self.engine.switches.in_effect.refuse(&CLOSE_PURCHASES) {
            Ok(()) => reserve::reserve(&self.engine.purchase, buyer, &path, item_id)
                .await
                .map_err(ApiError::from),
            Err(closed) => Err(closed),
        };
        let outcome = result.as_ref().err().map_or("held", ApiError::code);
        metrics::counter!("seckill_reserve_total", "outcome" => outcome).increment(1);
        recorded(visitor, result)
    }

    async fn reservation(
        &self,
        visitor: &Visitor,
        reservation_id: ReservationId,
    ) -> Result<ReservationStatus, ApiError> {
        let me = visitor.signed_in()?;
        let reservations = &self.engine.orders.reservations;
        let known = reservations.get(reservation_id, me.account_id).await;
        if let Some(record) = known.map_err(port_error)? {
            let own = Some(record).filter(|record| record.unit.buyer == me.account_id);
            return own.map(reservation_status).ok_or(ApiError::NotFound);
        }
        let trace = reservations.trace(reservation_id, me.account_id).await;
        match trace.map_err(port_error)? {
            Lookup::Found(record) => Ok(reservation_status(record)),
            Lookup::Nothing => Ok(lost(reservation_id)),
            Lookup::Unknown => Err(ApiError::NotFound),
        }
    }

    async fn my_reservation(
        &self,
        visitor: &Visitor,
        item_id: ItemId,
    ) -> Result<Option<ReservationStatus>, ApiError> {
        let me = visitor.signed_in()?;
        let latest = self
            .engine
            .orders
            .reservations
            .latest(item_id, me.account_id)
            .await;
        Ok(latest.map_err(port_error)?.map(reservation_status))
    }

    async fn reservations(&self, visitor: &Visitor) -> Result<Vec<Reservation>, ApiError> {
        let me = visitor.signed_in()?;
        let failed_since_ms = self.now_ms() - FAILURES_SHOWN_MS;
        let records = self
            .engine
            .orders
            .reservations
            .without_order(me.account_id, failed_since_ms, RESERVATIONS_SHOWN)
            .await
            .map_err(port_error)?;
        let mut shown = Vec::new();
        for record in records {
            let item = self
                .engine
                .purchase
                .catalogue
                .item(record.unit.item_id)
                .await;
            shown.push(reservation(record, item.map_err(port_error)?.as_deref()));
        }
        Ok(shown)
    }

    async fn orders(&self, visitor: &Visitor) -> Result<Vec<Order>, ApiError> {
        let me = visitor.signed_in()?;
        let orders = self
            .engine
            .orders
            .reader
            .of_buyer(me.account_id, ORDERS_SHOWN)
            .await;
        orders.map_err(port_error)
    }

    async fn order(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderDetail, ApiError> {
        let order = self.own_order(visitor, order_id).await?;
        // The buyer may have paid a moment ago, before a notice arrives.
        let asked = order.paying
            && check::of_order(&self.engine.payments, order_id)
                .await
                .map_err(port_error)?;
        Ok(order_detail(match asked {
            true => self.own_order(visitor, order_id).await?,
            false => order,
        }))
    }

    async fn pay(&self, visitor: &Visitor, order_id: OrderId) -> Result<PaymentPage, ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let url = pay::pay(&self.engine.payments, buyer, order_id).await;
        let url = recorded(visitor, url.map_err(ApiError::from))?;
        Ok(PaymentPage { url })
    }

    async fn cancel(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderDetail, ApiError> {
        let buyer = visitor.signed_in()?.account_id;
        let engine = &self.engine;
        engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let cancelled = cancel::cancel(&engine.orders, &engine.payments, buyer, order_id).await;
        recorded(visitor, cancelled.map_err(ApiError::from))?;
        self.order(visitor, order_id).await
    }
}
