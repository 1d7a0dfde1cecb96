//! `/admin/products`: the shop's products, latest first, to sell again or to archive.

use leptos::prelude::*;

use super::frame::{Next, Section, StaffFrame, for_staff, parameter};
use crate::{
    api,
    components::{Picture, when_read},
    routes,
    text::pages::{admin, customers, products as say},
    wire::{Language, ListedProduct, Permission, ProductList, Role},
};

/// The filter in the address.
#[derive(Clone)]
struct Filter {
    search: String,
    archived: bool,
}

impl Filter {
    fn address(&self, before: &str) -> String {
        let archived = if self.archived { "true" } else { "" };
        let fields = [
            ("search", self.search.as_str()),
            ("archived", archived),
            ("before", before),
        ];
        routes::with_query(routes::ADMIN_PRODUCTS, &fields)
    }
}

/// The list of products.
#[component]
pub fn AdminProductsPage() -> impl IntoView {
    let language = api::language();
    let filter = Filter {
        search: parameter("search").unwrap_or_default(),
        archived: parameter("archived").is_some(),
    };
    let before = parameter("before").and_then(|id| id.parse().ok());
    let list = api::admin_products(Some(filter.search.clone()), Some(filter.archived), before);
    when_read(language, for_staff(list), move |(list, role, _)| {
        view! { <Products list filter role language /> }.into_any()
    })
}

#[component]
fn Products(list: ProductList, filter: Filter, role: Role, language: Language) -> impl IntoView {
    let next = list.next.map(|before| filter.address(&before.to_string()));
    let is_empty = list.products.is_empty();
    let may_prepare = Permission::PrepareRounds.is_given_to(role);
    let may_change = Permission::ChangeProducts.is_given_to(role);
    let rows = list
        .products
        .iter()
        .map(|product| view! { <Row product may_prepare may_change language /> })
        .collect_view();
    view! {
        <StaffFrame here=Section::Products role title=admin::products(language) language>
            <p class="lead">{say::intro(language)}</p>
            <form class="admin__search" method="get" action=routes::ADMIN_PRODUCTS role="search">
                <label for="search">{say::search(language)}</label>
                <input id="search" type="search" name="search" value=filter.search />
                <label for="archived">{customers::state(language)}</label>
                <select id="archived" name="archived">
                    <option value="">{say::in_use(language)}</option>
                    <option value="true" selected=filter.archived>{say::archived(language)}</option>
                </select>
                <button class="button" type="submit">{customers::find(language)}</button>
            </form>
            {is_empty.then(|| view! { <p>{say::none(language)}</p> })}
            <ul class="admin__plain">{rows}</ul>
            <Next href=next language />
        </StaffFrame>
    }
}

#[component]
fn Row<'a>(
    product: &'a ListedProduct,
    may_prepare: bool,
    may_change: bool,
    language: Language,
) -> impl IntoView + use<> {
    let product_id = product.product_id;
    let is_archived = product.archived_at_ms.is_some();
    let label = match is_archived {
        true => say::restore(language),
        false => say::archive(language),
    };
    view! {
        <li class="admin__product">
            <Picture url=product.picture_url.clone() sizes="96px" />
            <div>
                <h2>{product.title.get(language).to_owned()}</h2>
                <p class="admin__soft">{product.description.get(language).to_owned()}</p>
                <p>{admin::list_price(language)} " " {product.list_price.to_string()}</p>
                <div class="admin__buttons">
                    {may_prepare.then(|| view! {
                        <a class="button" href=routes::new_round_with(product_id)>{say::sell(language)}</a>
                    })}
                    {may_change.then(|| view! {
                        <form method="post" action=routes::archive_product(product_id, !is_archived)>
                            <button class="button" type="submit">{label}</button>
                        </form>
                    })}
                </div>
            </div>
        </li>
    }
    .into_any()
}
