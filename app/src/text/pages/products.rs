//! The products of the shop.

use super::messages;

messages! {
    intro: "商品随场次添加，添加后不再改变：换了名称、介绍、图片或原价，就是另一件商品。归档只是不再列出，正在卖的场次不受影响。",
        "Products are added with rounds and stay as they are: another name, text, picture or price makes another product. Archiving leaves one out of this list; rounds that sell it stay as they are.";
    search: "名称中的字词", "Words in the name";
    in_use: "使用中", "In use";
    archived: "已归档", "Archived";
    none: "没有这样的商品。新建场次时填写的商品会出现在这里。",
        "There are no such products. Those that you fill into a new round appear here.";
    sell: "用于新场次", "Sell it in a new round";
    archive: "归档", "Archive";
    restore: "恢复", "Take it in again";
}
