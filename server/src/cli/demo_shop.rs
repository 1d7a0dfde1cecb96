//! The demonstration: four rounds of ten products, around the moment at which it is made.

use app::wire::{ItemId, LocalText, Money, ProductId, RoundId};
use uuid::Uuid;

use crate::{
    adapters::system::SystemIds,
    engine::ports::{Ids, NewItem, NewRound},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

struct Product {
    picture: &'static str,
    title: (&'static str, &'static str),
    description: (&'static str, &'static str),
    list_yuan: i64,
    sale_yuan: i64,
}

const PRODUCTS: [Product; 10] = [
    Product {
        picture: "kettle",
        title: ("手冲细口壶 0.9 升", "Pour-over kettle, 0.9 l"),
        description: (
            "细长的鹅颈壶嘴，水流稳、准、慢。304 不锈钢，可用于电磁炉。",
            "A slender gooseneck pours slowly and exactly where you want. Stainless steel, for every hob.",
        ),
        list_yuan: 299,
        sale_yuan: 99,
    },
    Product {
        picture: "headphones",
        title: ("头戴式降噪耳机", "Noise-cancelling headphones"),
        description: (
            "通勤路上的一小片安静。续航 40 小时，重 240 克。",
            "A small piece of quiet for the way to work. Forty hours a charge, 240 grams.",
        ),
        list_yuan: 1299,
        sale_yuan: 499,
    },
    Product {
        picture: "lamp",
        title: ("护眼台灯", "Desk lamp"),
        description: (
            "无频闪，四档色温，光线铺满整张书桌。",
            "No flicker, four colour temperatures, light over the whole desk.",
        ),
        list_yuan: 369,
        sale_yuan: 149,
    },
    Product {
        picture: "backpack",
        title: ("轻量双肩包 20 升", "Light backpack, 20 l"),
        description: (
            "防泼水面料，独立电脑仓，背起来几乎忘了它。",
            "Rain runs off, the laptop has a place of its own, and you forget that you carry it.",
        ),
        list_yuan: 459,
        sale_yuan: 199,
    },
    Product {
        picture: "camera",
        title: ("拍立得相机", "Instant camera"),
        description: (
            "按下快门，一分钟后照片就在手里。附赠十张相纸。",
            "Press, wait a minute, hold the picture. Ten sheets of film are in the box.",
        ),
        list_yuan: 699,
        sale_yuan: 329,
    },
    Product {
        picture: "watch",
        title: ("石英腕表", "Quartz watch"),
        description: (
            "三针一历，蓝宝石镜面，五十米防水。",
            "Three hands and a date, sapphire glass, water-resistant to fifty metres.",
        ),
        list_yuan: 899,
        sale_yuan: 399,
    },
    Product {
        picture: "speaker",
        title: ("便携蓝牙音箱", "Portable speaker"),
        description: (
            "一只手掌大小，声音装满一个房间。",
            "The size of a palm, and it fills a room.",
        ),
        list_yuan: 399,
        sale_yuan: 159,
    },
    Product {
        picture: "mug",
        title: ("陶瓷马克杯（一对）", "Stoneware mugs, a pair"),
        description: (
            "景德镇手工上釉，每只都略有不同。",
            "Glazed by hand in Jingdezhen; no two are quite the same.",
        ),
        list_yuan: 129,
        sale_yuan: 39,
    },
    Product {
        picture: "bicycle-helmet",
        title: ("骑行头盔", "Bicycle helmet"),
        description: (
            "十二个通风孔，后脑旋钮微调，重 260 克。",
            "Twelve vents, a dial at the back for the fit, 260 grams.",
        ),
        list_yuan: 329,
        sale_yuan: 129,
    },
    Product {
        picture: "plant",
        title: ("龟背竹盆栽", "Monstera in a pot"),
        description: (
            "好养，不怕忘记浇水。连陶盆一起送到家。",
            "Easy to keep, and forgives you when you forget to water it. Comes with its pot.",
        ),
        list_yuan: 169,
        sale_yuan: 69,
    },
];

/// Four rounds: one running, one that starts in two minutes, one tomorrow, one ended. They are named after their
/// content: a name such as "up next" would soon be wrong.
pub fn rounds(now_ms: i64) -> Vec<NewRound> {
    let tomorrow_ms = now_ms + 24 * HOUR_MS;
    let round = |title, starts_at_ms, ends_at_ms, products: &[usize], stock| NewRound {
        round_id: RoundId(SystemIds.id()),
        title: local(title),
        starts_at_ms,
        ends_at_ms,
        stopped: None,
        pay_window_s: None,
        items: products.iter().map(|&index| item(index, stock)).collect(),
    };
    vec![
        round(
            ("窗台角", "On the window sill"),
            now_ms - 3 * HOUR_MS,
            now_ms - HOUR_MS,
            &[9, 7],
            50,
        ),
        round(
            ("书桌与咖啡", "Desk and coffee"),
            now_ms - 10 * MINUTE_MS,
            now_ms + 2 * HOUR_MS,
            &[0, 1, 2, 3],
            100,
        ),
        round(
            ("随身好物", "Things to carry"),
            now_ms + 2 * MINUTE_MS,
            now_ms + 3 * HOUR_MS,
            &[4, 5, 6],
            20,
        ),
        round(
            ("居家与骑行", "Home and riding"),
            tomorrow_ms,
            tomorrow_ms + 2 * HOUR_MS,
            &[8, 9, 7, 0],
            200,
        ),
    ]
}

fn item(index: usize, stock: u32) -> NewItem {
    let product = &PRODUCTS[index];
    NewItem {
        item_id: ItemId(SystemIds.id()),
        // The same product in two rounds is the same product.
        product_id: ProductId(Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 + index as u128,
        )),
        title: local(product.title),
        description: local(product.description),
        picture_url: format!("/products/{}.svg", product.picture),
        list_price: Money(product.list_yuan * 100),
        sale_price: Money(product.sale_yuan * 100),
        stock,
        segments: 1,
    }
}

fn local((zh, en): (&str, &str)) -> LocalText {
    LocalText {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}
