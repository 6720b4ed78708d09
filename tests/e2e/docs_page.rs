//! /docs in a real browser: what a person does there works, under the page's own strict policy.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use organization_operator_harness::browser::Browser;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    api_world::ApiWorld,
    servers::servers,
    world::{PATIENCE, World},
};

/// The page's own view of DELETE /org/delete.
const DELETE: &str = "#operations-org-delete_org_org_delete_delete";

/// What the browser had to say, since it was last asked.
#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"type": "browser"});
        (http::Method::POST, Some(body.to_string()))
    }
}

struct Page {
    client: Client,
    url: String,
    // Ended after the client.
    _browser: Browser,
}

impl Page {
    async fn open(url: String) -> Result<Self> {
        let home = &servers()?.home;
        let browser = block_in_place(|| Browser::start(home, "browser"))?;
        let mut wanted = Capabilities::new();
        let options = json!({"binary": browser.program(), "args": browser.args()});
        wanted.insert("goog:chromeOptions".to_owned(), options);
        wanted.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&browser.url())
            .await?;
        client.goto(&format!("{url}/docs")).await?;
        Ok(Self {
            client,
            url,
            _browser: browser,
        })
    }

    async fn find(&self, selector: &str) -> Result<Element> {
        let found = self.client.wait().at_most(PATIENCE);
        let found = found.for_element(Locator::Css(selector)).await;
        found.with_context(|| format!("{selector} never came"))
    }

    async fn click(&self, selector: &str) -> Result<()> {
        Ok(self.find(selector).await?.click().await?)
    }

    async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        Ok(self.find(selector).await?.send_keys(text).await?)
    }

    /// A request of the page's own scripts: status and body.
    async fn fetch(&self, method: &str, path: &str, token: &str, body: Value) -> Result<Value> {
        let script = "const [method, path, token, body, done] = arguments;
            const headers = {'content-type': 'application/json'};
            if (token) headers.authorization = `Bearer ${token}`;
            const sent = body ? JSON.stringify(body) : undefined;
            fetch(path, {method, headers, body: sent})
                .then(async answer => done([answer.status, await answer.json()]), done);";
        let args = vec![method.into(), path.into(), token.into(), body];
        Ok(self.client.execute_async(script, args).await?)
    }

    async fn evaluate(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// The lines of the console since it was last asked for.
    async fn console(&self) -> Result<Vec<String>> {
        let entries = self.client.issue_cmd(ConsoleLog).await?;
        let entries = entries.as_array().context("no list")?.iter();
        Ok(entries.map(|entry| entry["message"].to_string()).collect())
    }

    async fn screenshot(&self, name: &str) -> Result<()> {
        let picture = self.client.screenshot().await?;
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), picture)?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_authorizes_and_deletes_a_tenant_from_the_page() -> Result<()> {
    let world = ApiWorld::start("docs-page").await?;
    let operator = world.service();
    let world = &world.world;
    let page = Page::open(operator.api_url()).await?;
    page.find(DELETE).await?;
    page.screenshot("docs-page-opened.png").await?;

    let account = json!({
        "organization_name": "acme", "email": "admin@acme.io", "password": "Secret123",
    });
    let made = page
        .fetch("POST", "/org/create", "", account.clone())
        .await?;
    ensure!(made[0] == 200, "{made}");
    let login = json!({"email": account["email"], "password": account["password"]});
    let begun = page.fetch("POST", "/admin/login", "", login).await?;
    let token = begun[1]["access_token"].as_str().context("no token")?;

    page.click(".scheme-container .authorize").await?;
    page.type_into(".auth-container input", token).await?;
    page.screenshot("docs-page-authorizing.png").await?;
    page.click(".auth-btn-wrapper .authorize").await?;
    page.click(".auth-btn-wrapper .btn-done").await?;

    page.click(&format!("{DELETE} .opblock-summary-control"))
        .await?;
    page.click(&format!("{DELETE} .try-out__btn")).await?;
    let parameter = "[data-param-name=organization_name] input";
    page.type_into(&format!("{DELETE} {parameter}"), "acme")
        .await?;
    page.click(&format!("{DELETE} .execute")).await?;
    let answer = format!("{DELETE} .live-responses-table .response");
    let status = page.find(&format!("{answer} .response-col_status")).await?;
    let body = page.find(&format!("{answer} .highlight-code")).await?;
    let (status, body) = (status.text().await?, body.text().await?);
    page.evaluate("document.querySelector('.live-responses-table').scrollIntoView()")
        .await?;
    page.screenshot("docs-page.png").await?;
    assert!(status.starts_with("200"), "{status}");
    assert!(body.contains(r#""deleted": true"#), "{body}");
    world.gone("acme").await?;

    everything_came_from_us_and_nothing_is_kept(&page).await?;
    nothing_was_refused_by_the_policy(world, &page).await?;
    page.client.clone().close().await?;
    Ok(())
}

async fn everything_came_from_us_and_nothing_is_kept(page: &Page) -> Result<()> {
    let loaded = page
        .evaluate("return performance.getEntriesByType('resource').map(entry => entry.name)")
        .await?;
    let loaded = loaded.as_array().context("no list")?;
    assert!(loaded.len() > 5, "{loaded:?}");
    for address in loaded {
        let address = address.as_str().unwrap_or_default();
        let is_ours = address.starts_with(&page.url) || address.starts_with("data:");
        assert!(is_ours, "{address}");
    }
    let kept = page
        .evaluate("return localStorage.length + sessionStorage.length + document.cookie.length")
        .await?;
    assert_eq!(kept, 0);
    Ok(())
}

async fn nothing_was_refused_by_the_policy(world: &World, page: &Page) -> Result<()> {
    let console = page.console().await?;
    assert!(console.is_empty(), "{console:#?}");
    // It would have been seen.
    page.evaluate(
        "const script = document.createElement('script');
         script.textContent = 'document.title = 1';
         document.head.append(script);",
    )
    .await?;
    world
        .eventually("a refused script is told", || async {
            let console = page.console().await?;
            let told = |line: &String| line.contains("Content Security Policy");
            Ok(console.iter().any(told))
        })
        .await?;
    let title = page.evaluate("return document.title").await?;
    assert_ne!(title, "1");
    Ok(())
}
