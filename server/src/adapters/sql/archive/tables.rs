//! The tables of an export, as the entities describe them, and their rows as JSON.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sea_orm::{
    ColumnTrait, ConnectionTrait as _, DatabaseTransaction, DbErr, EntityTrait, IdenStatic as _,
    Iterable as _, PrimaryKeyToColumn as _, QueryResult, Statement, Value,
    sea_query::{Alias, ColumnType, Expr, ExprTrait as _, Order, Query},
};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::entity::{
    account, activity, activity_end, item, message, notice, order, order_address, order_event,
    payment, payment_notice, picture, product, reservation, round, sandbox_charge, sandbox_notice,
    sandbox_payment, second_factor, shipment, stripe_session, switch, webhook_delivery,
    webhook_endpoint,
};

pub struct Table {
    pub name: String,
    pub columns: Vec<(String, Kind)>,
    /// The index of its only key in `columns`. A test checks that it is the only one.
    pub key: usize,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Id,
    Text,
    Small,
    Large,
    Flag,
    /// Encoded in Base64.
    Bytes,
    /// Data about the shop's current servers: not moved.
    OfThisPlace,
}

/// A row, value by value.
pub type Row = Vec<Json>;

/// All tables, ordered so that referenced ones come first.
pub fn tables() -> Vec<Table> {
    vec![
        table::<account::Entity>(),
        table::<second_factor::Entity>(),
        table::<picture::Entity>(),
        table::<product::Entity>(),
        table::<round::Entity>(),
        table::<item::Entity>(),
        table::<reservation::Entity>(),
        table::<order::Entity>(),
        table::<order_event::Entity>(),
        table::<order_address::Entity>(),
        table::<shipment::Entity>(),
        table::<payment::Entity>(),
        table::<payment_notice::Entity>(),
        table::<stripe_session::Entity>(),
        table::<sandbox_payment::Entity>(),
        table::<sandbox_charge::Entity>(),
        table::<sandbox_notice::Entity>(),
        table::<notice::Entity>(),
        table::<message::Entity>(),
        table::<switch::Entity>(),
        table::<webhook_endpoint::Entity>(),
        table::<webhook_delivery::Entity>(),
        table::<activity::Entity>(),
        table::<activity_end::Entity>(),
    ]
}

fn table<E: EntityTrait>() -> Table {
    let name = E::default().table_name().to_owned();
    let columns = E::Column::iter().map(|column| {
        let (kind, column) = (Kind::of(&column), column.as_str().to_owned());
        match (name.as_str(), column.as_str()) {
            ("items", "gate_epoch") => (column, Kind::OfThisPlace),
            _ => (column, kind),
        }
    });
    let columns: Vec<_> = columns.collect();
    let mut keys = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned());
    let key = keys.next().unwrap_or_default();
    Table {
        key: columns
            .iter()
            .position(|(name, _)| *name == key)
            .unwrap_or(0),
        name,
        columns,
    }
}

/// Rows that one statement reads or writes: some kilobytes and a dozen values each, where SQLite allows
/// 32,766 values.
const ROWS: u64 = 500;
/// The same for tables with pictures, whose rows have up to some megabytes.
const LARGE_ROWS: u64 = 8;

impl Table {
    /// How many rows may be in memory together.
    pub fn rows_at_once(&self) -> u64 {
        let is_large = self.columns.iter().any(|(_, kind)| *kind == Kind::Bytes);
        if is_large { LARGE_ROWS } else { ROWS }
    }

    fn read(&self, row: &QueryResult) -> Result<Row, DbErr> {
        let kinds = self.columns.iter().enumerate();
        kinds.map(|(at, (_, kind))| kind.read(row, at)).collect()
    }
}

impl Kind {
    fn of(column: &impl ColumnTrait) -> Kind {
        match column.def().get_column_type() {
            ColumnType::Uuid => Kind::Id,
            ColumnType::Integer => Kind::Small,
            ColumnType::BigInteger => Kind::Large,
            ColumnType::Boolean => Kind::Flag,
            ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => Kind::Bytes,
            // Our words are text, too; the schema has no other types, which a test checks.
            _ => Kind::Text,
        }
    }

    fn read(self, row: &QueryResult, at: usize) -> Result<Json, DbErr> {
        Ok(match self {
            Kind::Id => {
                let id: Option<Uuid> = row.try_get_by_index(at)?;
                id.map(|id| id.to_string()).into()
            }
            Kind::Text => row.try_get_by_index::<Option<String>>(at)?.into(),
            Kind::Small => row.try_get_by_index::<Option<i32>>(at)?.into(),
            Kind::Large => row.try_get_by_index::<Option<i64>>(at)?.into(),
            Kind::Flag => row.try_get_by_index::<Option<bool>>(at)?.into(),
            Kind::Bytes => {
                let bytes: Option<Vec<u8>> = row.try_get_by_index(at)?;
                bytes.map(|bytes| BASE64_STANDARD.encode(bytes)).into()
            }
            Kind::OfThisPlace => Json::Null,
        })
    }

    /// `None` if the value has a different type.
    pub fn value(self, json: &Json) -> Option<Value> {
        if json.is_null() {
            return Some(match self {
                Kind::Id | Kind::OfThisPlace => Value::Uuid(None),
                Kind::Text => Value::String(None),
                Kind::Small => Value::Int(None),
                Kind::Large => Value::BigInt(None),
                Kind::Flag => Value::Bool(None),
                Kind::Bytes => Value::Bytes(None),
            });
        }
        match self {
            Kind::Id => json.as_str()?.parse::<Uuid>().ok().map(Value::from),
            Kind::Text => json.as_str().map(Value::from),
            Kind::Small => i32::try_from(json.as_i64()?).ok().map(Value::from),
            Kind::Large => json.as_i64().map(Value::from),
            Kind::Flag => json.as_bool().map(Value::from),
            Kind::Bytes => BASE64_STANDARD.decode(json.as_str()?).ok().map(Value::from),
            Kind::OfThisPlace => None,
        }
    }
}

/// A table's checksum, independent of the order of rows: databases sort words differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    hashes: [u64; 4],
}

impl Sum {
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        let hash: [u8; 32] = Sha256::digest(Json::from(row.clone()).to_string()).into();
        for (sum, part) in self.hashes.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*part));
        }
    }
}

/// Rows after `last`, by the key.
pub async fn rows_after(
    all: &DatabaseTransaction,
    table: &Table,
    last: Option<&Row>,
) -> Result<Vec<Row>, DbErr> {
    let names = table.columns.iter().map(|(name, _)| Alias::new(name));
    let (key, kind) = &table.columns[table.key];
    let mut select = Query::select();
    select.columns(names).from(Alias::new(&table.name));
    select.order_by(Alias::new(key), Order::Asc);
    select.limit(table.rows_at_once());
    if let Some(last) = last.and_then(|row| kind.value(&row[table.key])) {
        select.and_where(Expr::col(Alias::new(key)).gt(last));
    }
    let select: Statement = all.get_database_backend().build(&select);
    let rows = all.query_all_raw(select).await?;
    rows.iter().map(|row| table.read(row)).collect()
}

/// Inserts rows that [`Kind::value`] has accepted.
pub async fn insert(all: &DatabaseTransaction, table: &Table, rows: &[Row]) -> Result<(), DbErr> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(&table.name));
    insert.columns(table.columns.iter().map(|(name, _)| Alias::new(name)));
    for row in rows {
        let values = table.columns.iter().zip(row);
        let values = values.map(|((name, kind), json)| {
            let value = kind.value(json).map(Expr::value);
            value.ok_or_else(|| DbErr::Type(format!("{}.{name}", table.name)))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        insert
            .values(values)
            .map_err(|error| DbErr::Type(error.to_string()))?;
    }
    let insert: Statement = all.get_database_backend().build(&insert);
    all.execute_raw(insert).await.map(drop)
}
