//! The machine and the program, as those see them who answer for the shop.

use app::wire::Finding;
use async_trait::async_trait;

/// What only the process itself knows.
#[async_trait]
pub trait SystemFacts: Send + Sync + 'static {
    /// Of the program.
    fn version(&self) -> String;

    /// Every setting in effect, without what may be a password.
    fn settings(&self) -> String;

    /// What `server doctor` says; within some seconds.
    async fn findings(&self) -> Vec<Finding>;
}
