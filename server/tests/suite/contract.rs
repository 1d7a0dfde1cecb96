//! The contract of every port's adapters. Each suite takes the port as a trait object, so that the
//! same suite runs against every adapter.

/// Makes tests of a file over the selected stack, and over a gate on Redis.
macro_rules! on_the_stack_and_on_redis {
    ($($test:ident,)*) => {
        mod on_the_stack {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::support::TestShop::new().await).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $test() {
                let redis = crate::redis_gate::connect(stringify!($test));
                super::$test(crate::support::TestShop::over(redis).await).await;
            })*
        }
    };
}

mod accounts;
mod captchas;
mod catalogue;
mod gate;
mod ledger;
mod limits;
mod payments;
mod purchases;
mod queue;
mod sale_counters;
mod switches;
mod tokens;
