//! Server-rendered parts used by two or more pages.

mod account_form;
mod fact;
mod failure;
mod frame;
mod icon;
mod order_badge;
mod page_head;
mod picture;
mod preview_bar;
mod price;
mod time;
mod when_read;

pub use account_form::{AccountForm, Field, FormState};
pub use fact::fact;
pub use failure::{Failure, NotFound};
pub use frame::Frame;
pub use icon::{Dial, Icon, Shape};
pub use order_badge::OrderBadge;
pub use page_head::{PageHead, Preview};
pub use picture::Picture;
pub use preview_bar::PreviewBar;
pub use price::Price;
pub use time::{Calendar, Instant};
pub use when_read::{id_of_page, when_read};
