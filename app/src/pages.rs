//! One file for each route, rendered on the server only. Pages read the shop through `api`, as
//! other clients do; islands add a visitor's own data to shared pages.

mod account;
mod admin;
mod home;
mod item;
mod login;
mod messages;
mod not_found;
mod order;
mod orders;
mod register;
mod second_factor;
mod shop_text;

pub use account::AccountPage;
pub use admin::{
    AdminBuyerPage, AdminBuyersPage, AdminLogPage, AdminMessagesPage, AdminMoneyPage, AdminNowPage,
    AdminOrderPage, AdminOrdersPage, AdminProductsPage, AdminReportPage, AdminRoundsPage,
    AdminScreenPage, AdminSwitchesPage, AdminSystemPage, ConfirmationForm, MAX_ITEMS,
    MAX_SHIP_LIST, NewRoundPage, RoundForm, ShipForm, ShipListForm, ShipListPage,
};
pub use home::HomePage;
pub use item::{ItemPage, START_CHECK};
pub use login::LoginPage;
pub use messages::MessagesPage;
pub use not_found::NotFoundPage;
pub use order::{AddressForm, OrderPage};
pub use orders::OrdersPage;
pub use register::RegisterPage;
pub use second_factor::SecondFactorPage;
pub use shop_text::ShopTextPage;
