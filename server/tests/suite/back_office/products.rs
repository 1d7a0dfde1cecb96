//! Products and their pictures, for operators and shoppers.

use app::wire::{Action, ActivityQuery, Role};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use serde_json::{Value, json};
use server::engine::ports::ActivityLog as _;
use tower::ServiceExt;

use super::{call, pages::send_form, signed_in};
use crate::{
    pages::{get, html, site},
    support::TestShop,
};

const NEW_ROUND: &str = "/admin/rounds/new";
const BOUNDARY: &str = "a-line-between-parts";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

/// A PNG with one colour.
fn picture() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 40, 30);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[90; 40 * 30 * 3]).unwrap();
    writer.finish().unwrap();
    file
}

fn fields() -> Vec<(&'static str, &'static str)> {
    vec![
        ("title.zh", "晚八点"),
        ("title.en", "Eight o'clock"),
        ("starts_at", "2027-01-15T16:00"),
        ("ends_at", "2027-01-15T17:00"),
        ("items[0].title.zh", "台灯"),
        ("items[0].title.en", "Desk lamp"),
        ("items[0].description.zh", "好灯。"),
        ("items[0].list_price", "299"),
        ("items[0].sale_price", "99.50"),
        ("items[0].stock", "5"),
    ]
}

/// Sends the form of a new round with files, like a browser without scripts.
async fn send(
    router: &Router,
    token: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &[u8])],
) -> Response<Body> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    for (name, file) in files {
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"lamp.png\"\r\n\
             content-type: image/png\r\n\r\n"
        );
        body.extend([head.as_bytes(), file, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let request = Request::post(NEW_ROUND)
        .header(header::HOST, "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .header(header::COOKIE, format!("seckill_login={token}"));
    let request = request.body(Body::from(body)).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

/// The logged actions, latest first, without the accounts that a test adds.
async fn log(shop: &TestShop) -> Vec<String> {
    let done = shop.sql.activities(&ActivityQuery::default(), 50).await;
    let done = done.unwrap().into_iter().map(|entry| entry.action);
    done.filter(|action| *action != Action::AddStaff)
        .map(|action| serde_json::to_value(action).unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

/// The value of a form's field.
fn value(page: &str, name: &str) -> String {
    let input = page
        .split("<input")
        .find(|input| input.contains(&format!("name=\"{name}\"")));
    let value = input.and_then(|input| input.split_once(" value=\""));
    let value = value.and_then(|(_, value)| value.split_once('"'));
    value.map(|(value, _)| value.to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_picture_that_is_uploaded_without_javascript_is_on_the_pages_of_its_item() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let with_file = [("items[0].picture", picture())];
    let files = with_file.each_ref().map(|(name, file)| (*name, &file[..]));
    let checked = send(
        &router,
        &admin,
        &[fields(), vec![("do", "check")]].concat(),
        &files,
    )
    .await;
    assert_eq!(checked.status(), 200);
    let checked = html(checked).await;
    let url = value(&checked, "items[0].picture_url");
    assert!(url.starts_with("/pictures/"), "{checked}");

    let key = value(&checked, "checked");
    let sent = [
        ("items[0].picture_url", url.as_str()),
        ("checked", &key),
        ("do", "add"),
    ];
    let added = send(&router, &admin, &[&fields()[..], &sent].concat(), &[]).await;
    assert_eq!(added.status(), 303, "{}", html(added).await);

    let home = html(get(&router, "/", "en", None).await).await;
    assert!(
        home.contains(&format!("srcset=\"{url}/480 480w, {url} 960w\"")),
        "{home}"
    );
    assert!(home.contains("width=\"480\" height=\"480\""), "{home}");
    let item = home.split("href=\"/items/").nth(1).unwrap();
    let item = format!("/items/{}", item.split('"').next().unwrap());
    let page = html(get(&router, &item, "en", None).await).await;
    assert!(page.contains("alt=\"Desk lamp\""), "{page}");
    let shared = format!("property=\"og:image\" content=\"https://shop.example{url}\"");
    assert!(page.contains(&shared), "{page}");

    for address in [url.clone(), format!("{url}/480")] {
        let served = get(&router, &address, "en", None).await;
        assert_eq!(served.status(), 200, "{address}");
        let head = |name: header::HeaderName| served.headers()[&name].to_str().unwrap().to_owned();
        assert_eq!(head(header::CONTENT_TYPE), "image/jpeg");
        assert_eq!(head(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(head(header::CACHE_CONTROL).contains("immutable"));
        let tag = head(header::ETAG);
        let known = Request::get(&address).header(header::IF_NONE_MATCH, tag);
        let known = known.body(Body::empty()).unwrap();
        let known = router.clone().oneshot(known).await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }
    for wrong in [
        "/pictures/0a",
        "/pictures/..%2f",
        &format!("{url}/481"),
        &format!("/pictures/{}", "0".repeat(64)),
    ] {
        assert_eq!(
            get(&router, wrong, "en", None).await.status(),
            404,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn requests_for_missing_pictures_are_limited_and_others_are_served() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let sent = [fields(), vec![("do", "check")]].concat();
    let checked = send(
        &router,
        &admin,
        &sent,
        &[("items[0].picture", &picture()[..])],
    )
    .await;
    let url = value(&html(checked).await, "items[0].picture_url");
    assert_eq!(get(&router, &url, "en", None).await.status(), 200);
    // The clock stands still: an address may send one burst of requests.
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 1_000 {
        let unknown = format!("/pictures/{:064x}", statuses.len());
        let answer = get(&router, &unknown, "en", None).await;
        statuses.push(answer.status().as_u16());
    }
    assert_eq!((statuses[0], statuses.last()), (404, Some(&429)));
    let kept = get(&router, &url, "en", None).await;
    assert_eq!(kept.status(), 200, "what is in memory is not counted");
}

#[tokio::test]
async fn an_invalid_picture_is_refused_and_the_form_keeps_everything_else() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let operator = signed_in(&shop, Role::Operator, false).await;
    let large = vec![0; 5 * 1024 * 1024 + 1];
    for (file, words) in [
        (SVG, "This is no JPEG, PNG or WebP"),
        (&large[..], "more than 5 MiB"),
        (&picture()[..60], "The picture is damaged"),
    ] {
        let sent = [fields(), vec![("do", "check")]].concat();
        let answer = send(&router, &operator, &sent, &[("items[0].picture", file)]).await;
        assert_eq!(answer.status(), 422);
        let page = html(answer).await;
        assert!(page.contains(words), "{page}");
        assert_eq!(value(&page, "items[0].title.en"), "Desk lamp");
        assert_eq!(value(&page, "items[0].sale_price"), "99.50");
    }
    assert!(log(&shop).await.is_empty());
}

#[tokio::test]
async fn programs_send_pictures_and_the_log_says_so_once() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let operator = signed_in(&shop, Role::Operator, false).await;
    let reviewer = signed_in(&shop, Role::Reviewer, false).await;
    let upload = async |token: &str, site: &str, file: Vec<u8>| {
        let request = Request::post("/api/admin/pictures")
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", site)
            .header(header::COOKIE, format!("seckill_login={token}"));
        let request = request.body(Body::from(file)).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body());
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        (status.as_u16(), answer)
    };
    let (status, first) = upload(&operator, "same-origin", picture()).await;
    assert_eq!(status, 200, "{first}");
    let (_, again) = upload(&operator, "same-origin", picture()).await;
    assert_eq!(again, first);
    assert_eq!(log(&shop).await, ["add_picture"]);

    let refused = json!({"error": "invalid", "field": "picture_kind"});
    assert_eq!(
        upload(&operator, "same-origin", SVG.to_vec()).await,
        (422, refused)
    );
    assert_eq!(upload(&operator, "cross-site", picture()).await.0, 403);
    assert_eq!(upload(&reviewer, "same-origin", picture()).await.0, 403);
    assert_eq!(upload("nobody", "same-origin", picture()).await.0, 401);
}

#[tokio::test]
async fn an_archived_product_leaves_the_list_and_can_be_restored() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    super::add(&router, Some(&admin), &super::round()).await;
    let list = async |query: &str| {
        let path = format!("/api/admin/products{query}");
        let answer = html(get(&router, &path, "en", Some(&admin)).await).await;
        let list: Value = serde_json::from_str(&answer).unwrap();
        list["products"].as_array().unwrap().clone()
    };
    for (query, count) in [
        ("", 1),
        ("?search=LAMP", 1),
        ("?search=%E7%81%AF", 1),
        ("?search=%25", 0),
        ("?archived=true", 0),
    ] {
        assert_eq!(list(query).await.len(), count, "{query}");
    }
    shop.change_by_hand("UPDATE products SET title_zh = 'ÉCRAN 灯'")
        .await;
    assert_eq!(
        list("?search=%C3%89CRAN").await.len(),
        1,
        "as it is written"
    );
    let id = list("").await[0]["product_id"].as_str().unwrap().to_owned();
    let filled = html(
        get(
            &router,
            &format!("{NEW_ROUND}?product={id}"),
            "en",
            Some(&admin),
        )
        .await,
    )
    .await;
    assert_eq!(value(&filled, "items[0].title.en"), "Desk lamp");
    let unknown = format!("{NEW_ROUND}?product=00000000-0000-7000-8000-000000000009");
    let page = html(get(&router, &unknown, "en", Some(&admin)).await).await;
    assert!(page.contains("The product cannot be read now"), "{page}");

    let archive = format!("/admin/products/{id}/archive");
    let done = send_form(&router, &archive, &admin, &[]).await;
    assert_eq!(done.headers()[header::LOCATION], "/admin/products");
    assert_eq!(
        (list("").await.len(), list("?archived=true").await.len()),
        (0, 1)
    );
    let home = html(get(&router, "/", "en", None).await).await;
    assert!(
        home.contains("Desk lamp"),
        "a round that sells it stays as it is"
    );
    let again = json!({"product_id": id, "archived": false});
    let (status, _) = call(&router, "/api/admin/products/archive", Some(&admin), &again).await;
    assert_eq!(status, 200);
    assert_eq!(list("").await.len(), 1);
    assert_eq!(
        log(&shop).await,
        ["restore_product", "archive_product", "add_round"]
    );
}

/// The framework does not escape the content of a `textarea`.
#[tokio::test]
async fn a_description_cannot_close_its_form_field() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let operator = signed_in(&shop, Role::Operator, false).await;
    let hostile = "&amp;</textarea><script>alert(1)</script>";
    let fields = [("items[0].description.zh", hostile), ("do", "check")];
    let page = html(send(&router, &operator, &fields, &[]).await).await;
    let typed = "&amp;amp;&lt;/textarea>&lt;script>alert(1)&lt;/script>";
    assert!(page.contains(typed), "{page}");
}
