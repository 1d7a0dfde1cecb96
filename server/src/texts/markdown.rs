//! Markdown as HTML for a page. The shop's texts are trusted, but restricted to what a page of text needs: raw
//! HTML is shown as text, links go only to expected kinds of address, and there are no pictures.

use pulldown_cmark::{
    Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};

/// Allowed beginnings of links, in addition to the shop's own paths.
const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];

/// The title, which is the first line, and the rest as HTML. `None` without a title.
pub fn render(source: &str) -> Option<(String, String)> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut events = Parser::new_ext(source.trim_start_matches('\u{feff}'), options);
    let title = title(&mut events)?;
    let mut links = Vec::new();
    let safe = events.filter_map(|event| safe(event, &mut links));
    let mut text = String::new();
    html::push_html(&mut text, safe);
    Some((title, text))
}

/// The text of the heading that begins the page.
fn title<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Option<String> {
    match events.next()? {
        Event::Start(Tag::Heading {
            level: HeadingLevel::H1,
            ..
        }) => {}
        _ => return None,
    }
    let mut title = String::new();
    for event in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(words) | Event::Code(words) => title.push_str(&words),
            _ => {}
        }
    }
    let title = title.trim().to_owned();
    (!title.is_empty()).then_some(title)
}

/// An event, if it may be shown. `links` records for each open link whether it is kept.
fn safe<'a>(event: Event<'a>, links: &mut Vec<bool>) -> Option<Event<'a>> {
    match event {
        // Shown as text, with its special characters escaped.
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // The page already has its one heading of the first level.
        Event::Start(Tag::Heading { level, id, .. }) => Some(Event::Start(Tag::Heading {
            level: level.max(HeadingLevel::H2),
            id: id.filter(|id| is_plain(id)),
            classes: Vec::new(),
            attrs: Vec::new(),
        })),
        Event::End(TagEnd::Heading(level)) => {
            Some(Event::End(TagEnd::Heading(level.max(HeadingLevel::H2))))
        }
        // Aligned columns would need inline styles, which the page's policy refuses.
        Event::Start(Tag::Table(columns)) => Some(Event::Start(Tag::Table(vec![
            Alignment::None;
            columns.len()
        ]))),
        Event::Start(Tag::Link {
            link_type,
            ref dest_url,
            ..
        }) => {
            // An e-mail address gets its scheme when it is written.
            let is_shown = link_type == LinkType::Email || leads_somewhere(dest_url);
            links.push(is_shown);
            is_shown.then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or_default().then_some(event),
        // The alternative text remains.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        other => Some(other),
    }
}

fn is_plain(id: &CowStr<'_>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !id.is_empty() && id.chars().all(plain)
}

fn leads_somewhere(address: &str) -> bool {
    let is_ours = address.starts_with('#')
        || address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    let lower = address.to_ascii_lowercase();
    is_ours || SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html_of(text: &str) -> String {
        render(&format!("# T\n\n{text}")).unwrap().1
    }

    #[test]
    fn a_text_is_a_title_and_paragraphs() {
        let (title, html) = render("\u{feff}# Help & *more* `x`\n\nOne\n\n- two\n").unwrap();
        assert_eq!(title, "Help & more x");
        assert_eq!(html, "<p>One</p>\n<ul>\n<li>two</li>\n</ul>\n");
        assert_eq!(render("One\n\n# Two"), None);
    }

    #[test]
    fn an_address_of_e_mail_is_a_link() {
        let html = html_of("<service@shop.example>");
        assert!(
            html.contains("href=\"mailto:service@shop.example\""),
            "{html}"
        );
    }

    #[test]
    fn raw_html_is_shown_as_it_is_written() {
        for (written, shown) in [
            (
                "a <b onclick=x>b</b>",
                "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>",
            ),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("<!-- a -->", "&lt;!-- a --&gt;"),
        ] {
            let html = html_of(written);
            assert!(html.contains(shown), "{html}");
        }
    }

    #[test]
    fn links_lead_to_sites_mail_telephones_and_pages_of_ours() {
        for address in [
            "https://a.example/b",
            "mailto:a@b.example",
            "tel:+8613800000001",
            "/help#fairness",
            "#when",
        ] {
            let html = html_of(&format!("[go]({address})"));
            assert!(
                html.contains(&format!("<a href=\"{address}\">go</a>")),
                "{html}"
            );
        }
        for address in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "/\\evil.example",
            "evil",
        ] {
            assert_eq!(
                html_of(&format!("[go]({address}) on")),
                "<p>go on</p>\n",
                "{address}"
            );
        }
    }

    #[test]
    fn tables_bring_no_styles() {
        let html = html_of("| a | b |\n|:-:|--:|\n| 1 | 2 |");
        assert!(html.contains("<td>1</td><td>2</td>"), "{html}");
        assert!(!html.contains("style"), "{html}");
    }

    #[test]
    fn pictures_leave_their_text_and_headings_only_their_id() {
        assert_eq!(html_of("![a cat](/cat.png)"), "<p>a cat</p>\n");
        let html = html_of("# One {#one .wide onclick=x}\n## Two {#a\"b}");
        assert!(
            html.starts_with("<h2 id=\"one\">One</h2>\n<h2>Two"),
            "{html}"
        );
    }
}
