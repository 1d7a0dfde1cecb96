//! A fake shop with one item.

mod after_purchase;
mod office;
mod second_factor;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
};

use app::{
    port::{Credentials, LoggedIn, Registration, Storefront, Visitor},
    wire::{
        AccountId, ApiError, CaptchaChallenge, CaptchaId, CaptchaWords, HiddenPath, Item,
        ItemDetail, ItemId, LocalText, LogIn, Me, Money, Order, OrderDetail, OrderId, PaymentPage,
        Rejection, Reservation, ReservationId, ReservationState, ReservationStatus, Reserved, Role,
        Round, RoundDraft, RoundId, Stock,
    },
};
use async_trait::async_trait;
use uuid::Uuid;

/// The one item.
pub const ITEM: &str = "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
/// The start of its round.
pub const START_MS: i64 = 1_800_000_000_000;
/// The end of its round.
pub const END_MS: i64 = START_MS + 3_600_000;
pub const GOOD_TOKEN: &str = "good";
/// A token whose look-up fails.
pub const UNKNOWABLE_TOKEN: &str = "unknowable";
/// An address that exceeds its limit.
pub const NOISY: &str = "198.51.100.66";

#[derive(Default)]
pub struct FakeShop {
    pub now_ms: AtomicI64,
    /// The error that reading an order, or the reservations, gives.
    pub refusal: Mutex<Option<ApiError>>,
    /// Reading the rounds sets the clock to this time.
    pub rounds_take_until_ms: AtomicI64,
    /// Reading an item waits while this is true.
    pub items_wait: AtomicBool,
    /// A text that an operator has added to titles.
    pub titles_end: Mutex<String>,
    /// The catalogue cannot be read.
    pub broken: AtomicBool,
    pub items_read: AtomicUsize,
    pub tokens_read: AtomicUsize,
    /// The paths used in purchases.
    pub purchases: Mutex<Vec<String>>,
    /// Rounds to add to the catalogue.
    pub drafts: Mutex<Vec<RoundDraft>>,
    /// Rounds that were stopped, with a text, or resumed.
    pub stops: Mutex<Vec<(RoundId, Option<LocalText>)>>,
    /// Addresses of admitted requests.
    pub admitted: Mutex<Vec<IpAddr>>,
}

impl FakeShop {
    /// A minute before the start.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            now_ms: AtomicI64::new(START_MS - 60_000),
            ..Self::default()
        })
    }

    fn title(&self, zh: &str, en: &str) -> LocalText {
        let end = self.titles_end.lock().unwrap();
        words(&format!("{zh}{end}"), &format!("{en}{end}"))
    }

    fn catalogue(&self) -> Result<(), ApiError> {
        match self.broken.load(SeqCst) {
            true => Err(ApiError::Busy { retry_after_s: 1 }),
            false => Ok(()),
        }
    }
}

fn me() -> Me {
    Me {
        account_id: AccountId(Uuid::from_u128(1)),
        nickname: "Lin".to_owned(),
        mobile: "138****0001".to_owned(),
        role: Role::Buyer,
        banned: false,
    }
}

fn words(zh: &str, en: &str) -> LocalText {
    LocalText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

fn item() -> Item {
    Item {
        item_id: ITEM.parse().unwrap(),
        title: words("茶壶", "Teapot"),
        picture_url: "/products/teapot.svg".to_owned(),
        sale_price: Money(9_900),
        list_price: Money(19_900),
        total: 100,
        sellable: 37,
    }
}

fn round_id() -> RoundId {
    RoundId(Uuid::from_u128(2))
}

fn sign_in() -> LoggedIn {
    LoggedIn {
        me: me(),
        token: GOOD_TOKEN.to_owned(),
        max_age_s: 60,
    }
}

#[async_trait]
impl Storefront for FakeShop {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(SeqCst)
    }

    async fn admit(&self, ip: IpAddr) -> Result<(), ApiError> {
        if ip.to_string() == NOISY {
            return Err(ApiError::RateLimited { retry_after_s: 3 });
        }
        self.admitted.lock().unwrap().push(ip);
        Ok(())
    }

    async fn authenticate(&self, login_token: &str) -> Result<Option<Me>, ApiError> {
        self.tokens_read.fetch_add(1, SeqCst);
        match login_token {
            GOOD_TOKEN => Ok(Some(me())),
            UNKNOWABLE_TOKEN => Err(ApiError::Busy { retry_after_s: 1 }),
            _ => Ok(None),
        }
    }

    async fn register(&self, _: &Visitor, _: Registration) -> Result<LoggedIn, ApiError> {
        Ok(sign_in())
    }

    async fn login(&self, _: &Visitor, form: Credentials) -> Result<LoggedIn, ApiError> {
        match form.password.as_str() {
            "right" => Ok(sign_in()),
            _ => Err(ApiError::Unauthenticated),
        }
    }

    async fn logout(&self, _: &Visitor) -> Result<(), ApiError> {
        Ok(())
    }

    async fn change_password(
        &self,
        visitor: &Visitor,
        current: String,
        _: String,
    ) -> Result<LoggedIn, ApiError> {
        visitor.signed_in()?;
        let form = Credentials {
            password: current,
            ..Credentials::default()
        };
        self.login(visitor, form).await
    }

    async fn log_ins(&self, visitor: &Visitor) -> Result<Vec<LogIn>, ApiError> {
        visitor.signed_in()?;
        Ok(Vec::new())
    }

    async fn end_log_in(&self, visitor: &Visitor, _: &str, _: String) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Err(ApiError::NotFound)
    }

    async fn end_other_log_ins(&self, visitor: &Visitor, _: String) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Ok(())
    }

    async fn rounds(&self) -> Result<Arc<Vec<Round>>, ApiError> {
        self.catalogue()?;
        self.now_ms
            .fetch_max(self.rounds_take_until_ms.load(SeqCst), SeqCst);
        Ok(Arc::new(vec![Round {
            round_id: round_id(),
            title: self.title("午场", "Noon"),
            starts_at_ms: START_MS,
            ends_at_ms: END_MS,
            stopped: None,
            items: vec![item()],
        }]))
    }

    async fn item(&self, item_id: ItemId) -> Result<Arc<ItemDetail>, ApiError> {
        self.items_read.fetch_add(1, SeqCst);
        self.catalogue()?;
        let title = self.title("茶壶", "Teapot");
        // Long enough for all simultaneous requests to find the page missing.
        tokio::task::yield_now().await;
        while self.items_wait.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        if item_id.to_string() != ITEM {
            return Err(ApiError::NotFound);
        }
        Ok(Arc::new(ItemDetail {
            item: Item { title, ..item() },
            description: words("好茶壶", "Pours well"),
            limit_per_buyer: 1,
            pay_window_s: 600,
            round_id: round_id(),
            round_title: words("午场", "Noon"),
            starts_at_ms: START_MS,
            ends_at_ms: END_MS,
            stopped: None,
        }))
    }

    async fn stock(&self, _: ItemId) -> Result<Stock, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn captcha(&self, visitor: &Visitor, _: ItemId) -> Result<CaptchaChallenge, ApiError> {
        visitor.signed_in()?;
        let captcha_id = CaptchaId(Uuid::from_u128(3));
        let image_url = format!("/captcha/{captcha_id}.png");
        Ok(CaptchaChallenge {
            captcha_id,
            image_url,
            prompt: "?".to_owned(),
            numeric: true,
        })
    }

    async fn captcha_picture(&self, captcha_id: CaptchaId) -> Result<Vec<u8>, ApiError> {
        match captcha_id.0.as_u128() {
            3 => Ok(b"\x89PNG".to_vec()),
            _ => Err(ApiError::NotFound),
        }
    }

    async fn captcha_words(&self, _: &Visitor, _: CaptchaId) -> Result<CaptchaWords, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn path(
        &self,
        _: &Visitor,
        _: ItemId,
        _: Option<CaptchaId>,
        _: Option<String>,
    ) -> Result<HiddenPath, ApiError> {
        Err(ApiError::CaptchaWrong)
    }

    async fn purchase(
        &self,
        visitor: &Visitor,
        path: String,
        _: ItemId,
    ) -> Result<Reserved, ApiError> {
        visitor.signed_in()?;
        self.purchases.lock().unwrap().push(path);
        Ok(Reserved {
            reservation_id: ReservationId(Uuid::from_u128(4)),
            position: 1,
        })
    }

    /// Never answers.
    async fn reservation(
        &self,
        _: &Visitor,
        _: ReservationId,
    ) -> Result<ReservationStatus, ApiError> {
        std::future::pending().await
    }

    /// Panics.
    async fn my_reservation(
        &self,
        _: &Visitor,
        _: ItemId,
    ) -> Result<Option<ReservationStatus>, ApiError> {
        panic!("the shop's own words")
    }

    /// One is queued; one failed a minute later.
    async fn reservations(&self, visitor: &Visitor) -> Result<Vec<Reservation>, ApiError> {
        visitor.signed_in()?;
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let queued = Reservation {
            reservation_id: ReservationId(Uuid::from_u128(4)),
            item_id: ITEM.parse().unwrap(),
            title: item().title,
            picture_url: item().picture_url,
            state: ReservationState::Queued,
            position: Some(61),
            reason: None,
            held_at_ms: START_MS,
        };
        let failed = Reservation {
            reservation_id: ReservationId(Uuid::from_u128(5)),
            state: ReservationState::Failed,
            position: None,
            reason: Some(Rejection::Busy),
            held_at_ms: START_MS + 60_000,
            ..queued.clone()
        };
        Ok(vec![queued, failed])
    }

    async fn orders(&self, visitor: &Visitor) -> Result<Vec<Order>, ApiError> {
        visitor.signed_in()?;
        Ok(Vec::new())
    }

    async fn order(&self, _: &Visitor, _: OrderId) -> Result<OrderDetail, ApiError> {
        Err(self
            .refusal
            .lock()
            .unwrap()
            .clone()
            .unwrap_or(ApiError::NotFound))
    }

    async fn pay(&self, visitor: &Visitor, order_id: OrderId) -> Result<PaymentPage, ApiError> {
        visitor.signed_in()?;
        match order_id.to_string() == ITEM {
            true => Ok(PaymentPage {
                url: format!("/sandbox/{order_id}"),
            }),
            false => Err(ApiError::OrderState),
        }
    }

    async fn cancel(&self, _: &Visitor, _: OrderId) -> Result<OrderDetail, ApiError> {
        Err(ApiError::OrderState)
    }
}
