//! The roles' permissions. Pages show buttons by them, and the engine checks them at every call.

use super::Role;

/// A permission that only some staff roles have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the shop's current state.
    SeeNow,
    /// See rounds with all their units.
    SeeRounds,
    /// Stop a round, and resume it.
    StopRounds,
    /// Prepare a round, and withdraw it before it is approved.
    PrepareRounds,
    /// Approve a prepared round, or send it back.
    ApproveRounds,
    /// See a round's results.
    SeeReports,
    /// See the shop's products.
    SeeProducts,
    /// Add pictures, and archive products.
    ChangeProducts,
    /// See all orders and their history.
    SeeOrders,
    ExportOrders,
    RefundOrders,
    /// See shipping addresses, and ship orders.
    ShipOrders,
    SeeBuyers,
    /// Ban a buyer, and end the ban.
    BanBuyers,
    /// See payments, refunds, and money without an order.
    SeeMoney,
    /// See who changed what.
    SeeActivityLog,
    /// Close a part of the shop for a while, and open it again.
    SetSwitches,
    /// See parked reservations and undelivered messages.
    SeeUndelivered,
    /// Retry them, or end them.
    ResolveUndelivered,
    /// See settings, instances, and their problems.
    SeeSystem,
}

impl Permission {
    /// All of them, in the order of the manual.
    pub const ALL: [Permission; 20] = [
        Permission::SeeNow,
        Permission::SeeRounds,
        Permission::StopRounds,
        Permission::PrepareRounds,
        Permission::ApproveRounds,
        Permission::SeeReports,
        Permission::SeeProducts,
        Permission::ChangeProducts,
        Permission::SeeOrders,
        Permission::ExportOrders,
        Permission::RefundOrders,
        Permission::ShipOrders,
        Permission::SeeBuyers,
        Permission::BanBuyers,
        Permission::SeeMoney,
        Permission::SeeActivityLog,
        Permission::SetSwitches,
        Permission::SeeUndelivered,
        Permission::ResolveUndelivered,
        Permission::SeeSystem,
    ];

    /// Whether an account with this role may do it.
    pub fn is_given_to(self, role: Role) -> bool {
        match role {
            Role::Buyer => false,
            Role::Admin => true,
            Role::Operator => matches!(
                self,
                Permission::SeeNow
                    | Permission::SeeRounds
                    | Permission::StopRounds
                    | Permission::PrepareRounds
                    | Permission::SeeReports
                    | Permission::SeeProducts
                    | Permission::ChangeProducts
                    | Permission::SeeOrders
                    | Permission::ExportOrders
                    | Permission::RefundOrders
                    | Permission::ShipOrders
                    | Permission::SeeBuyers
                    | Permission::BanBuyers
                    | Permission::SeeMoney
                    | Permission::SetSwitches
                    | Permission::SeeUndelivered
                    | Permission::ResolveUndelivered
            ),
            Role::Reviewer => {
                matches!(
                    self,
                    Permission::SeeNow
                        | Permission::SeeRounds
                        | Permission::ApproveRounds
                        | Permission::SeeReports
                        | Permission::SeeProducts
                )
            }
            Role::Support => matches!(
                self,
                Permission::SeeNow
                    | Permission::SeeRounds
                    | Permission::SeeProducts
                    | Permission::SeeOrders
                    | Permission::SeeBuyers
                    | Permission::BanBuyers
            ),
            Role::Auditor => matches!(
                self,
                Permission::SeeNow
                    | Permission::SeeRounds
                    | Permission::SeeReports
                    | Permission::SeeProducts
                    | Permission::SeeOrders
                    | Permission::ExportOrders
                    | Permission::SeeBuyers
                    | Permission::SeeMoney
                    | Permission::SeeActivityLog
                    | Permission::SeeUndelivered
                    | Permission::SeeSystem
            ),
        }
    }
}
