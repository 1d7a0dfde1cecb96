//! Parts of a shop, for commands that do not run it.

use std::sync::Arc;

use super::{AssemblyError, open_ledger};
use crate::{
    adapters::{
        sql::Access,
        system::{Argon2Passwords, SystemClock, SystemIds},
    },
    config::Config,
    engine::back_office,
};

/// The back office alone, for commands that change a shop.
///
/// # Errors
/// See [`AssemblyError`].
pub async fn open_back_office(
    config: &Config,
    access: Access,
) -> Result<back_office::Deps, AssemblyError> {
    let ledger = Arc::new(open_ledger(config, access).await?);
    Ok(back_office::Deps {
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        catalogue: ledger.clone(),
        accounts: ledger,
        passwords: Arc::new(Argon2Passwords::new()?),
    })
}
