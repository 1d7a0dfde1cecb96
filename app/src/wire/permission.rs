//! What the roles may do. Pages show buttons by it, and the engine asks it at every call.

use super::Role;

/// Something that not everybody who runs the shop may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See what happens at this moment.
    SeeNow,
    /// See rounds with every unit of theirs.
    SeeRounds,
    /// Stop a round, and let it go on.
    StopRounds,
    /// Prepare a round, and take it back before it is approved.
    PrepareRounds,
    /// Approve a prepared round, or send it back.
    ApproveRounds,
    /// See what came of a round.
    SeeReports,
    /// See the shop's products.
    SeeProducts,
    /// Add pictures, and archive products.
    ChangeProducts,
    /// See everybody's orders and what happened to them.
    SeeOrders,
    /// Take orders away as a file.
    ExportOrders,
    /// Give the money of an order back.
    RefundOrders,
    /// See where orders are sent, and ship them.
    ShipOrders,
    /// See who buys.
    SeeBuyers,
    /// Keep a buyer from buying, and let them buy again.
    BanBuyers,
    /// See payments, refunds, and money without an order.
    SeeMoney,
    /// See who changed what.
    SeeActivityLog,
    /// Close a part of the shop for a while, and open it again.
    SetSwitches,
    /// See what could not be written or delivered.
    SeeUndelivered,
    /// Try it again, or end it.
    ResolveUndelivered,
    /// See settings, instances, and what is not right with them.
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
