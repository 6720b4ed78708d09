use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::{
    domain::{
        email::Email,
        ids::{AdminId, OrganizationId},
        names::OrgName,
        observed::Capability,
    },
    store::memory::MemoryStore,
};

const LIFETIME: Duration = Duration::from_hours(24);

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn later(duration: Duration) -> Timestamp {
    now().checked_add(duration).unwrap()
}

fn identity() -> Identity {
    Identity {
        admin: AdminId([1; 12]),
        organization: OrganizationId([2; 12]),
        email: Email::from_record("jane@acme.example".to_owned()),
        organization_name: OrgName::parse("Acme").unwrap(),
        token_version: 7,
    }
}

fn tokens() -> (RefreshTokens, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new(Capability::Fenced, 1));
    (RefreshTokens::new(Arc::clone(&store) as _, LIFETIME), store)
}

/// How many tokens are kept, of all families.
fn kept(store: &MemoryStore) -> usize {
    store.documents("_refresh_tokens").len()
}

async fn issue(tokens: &RefreshTokens) -> RefreshToken {
    tokens.issue(&identity(), now()).await.unwrap()
}

async fn present(tokens: &RefreshTokens, token: &RefreshToken) -> Result<Presented, RefreshError> {
    tokens.present(token.expose(), now()).await
}

async fn exchange(
    tokens: &RefreshTokens,
    token: &RefreshToken,
) -> Result<RefreshToken, RefreshError> {
    let presented = present(tokens, token).await?;
    tokens.rotate(presented, now()).await
}

#[tokio::test]
async fn a_token_is_exchanged_for_another_of_the_same_owner() {
    let (tokens, store) = tokens();
    let mut token = issue(&tokens).await;
    for _ in 0..3 {
        let presented = present(&tokens, &token).await.unwrap();
        let expected = RefreshOwner {
            organization: identity().organization,
            admin: identity().admin,
            token_version: 7,
        };
        assert_eq!(presented.owner(), expected);
        let successor = tokens.rotate(presented, now()).await.unwrap();
        assert_ne!(successor.expose(), token.expose());
        token = successor;
    }
    assert!(present(&tokens, &token).await.is_ok());
    assert_eq!(kept(&store), 4, "the used ones are remembered");
}

#[tokio::test]
async fn a_token_that_is_only_presented_is_not_used_up() {
    let (tokens, _) = tokens();
    let token = issue(&tokens).await;
    for _ in 0..3 {
        assert!(present(&tokens, &token).await.is_ok());
    }
    assert!(exchange(&tokens, &token).await.is_ok());
}

#[tokio::test]
async fn the_text_of_a_token_is_nowhere_in_the_database() {
    let (tokens, store) = tokens();
    let token = issue(&tokens).await;
    let kept = format!("{:?}", store.documents("_refresh_tokens"));
    assert!(!kept.contains(token.expose()), "{kept}");
}

#[tokio::test]
async fn reuse_ends_the_login_that_the_token_came_of_and_no_other() {
    let (tokens, _) = tokens();
    let first = issue(&tokens).await;
    let other_login = issue(&tokens).await;
    let second = exchange(&tokens, &first).await.unwrap();
    let third = exchange(&tokens, &second).await.unwrap();
    let refused = present(&tokens, &first).await.unwrap_err();
    assert_eq!(refused, RefreshError::Reused);
    for dead in [&first, &second, &third] {
        let refused = present(&tokens, dead).await.unwrap_err();
        assert_eq!(refused, RefreshError::Unknown);
    }
    assert!(present(&tokens, &other_login).await.is_ok());
}

#[tokio::test]
async fn of_two_exchanges_at_a_time_one_wins_and_then_both_are_dead() {
    let (tokens, store) = tokens();
    let token = issue(&tokens).await;
    let one = present(&tokens, &token).await.unwrap();
    let other = present(&tokens, &token).await.unwrap();
    let successor = tokens.rotate(one, now()).await.unwrap();
    let lost = tokens.rotate(other, now()).await.unwrap_err();
    assert_eq!(lost, RefreshError::Reused);
    assert!(present(&tokens, &successor).await.is_err());
    assert_eq!(kept(&store), 0);
}

#[tokio::test]
async fn a_logout_in_the_middle_of_an_exchange_leaves_nothing_behind() {
    let (tokens, store) = tokens();
    let token = issue(&tokens).await;
    let presented = present(&tokens, &token).await.unwrap();
    tokens.logout(token.expose()).await.unwrap();
    assert!(tokens.rotate(presented, now()).await.is_err());
    assert_eq!(kept(&store), 0);
}

#[tokio::test]
async fn a_token_is_good_until_its_time_and_its_successor_from_then_on() {
    let (tokens, _) = tokens();
    let token = issue(&tokens).await;
    let last = later(Duration::from_millis(24 * 3_600_000 - 1));
    let refused = tokens.present(token.expose(), later(LIFETIME)).await;
    assert_eq!(refused.unwrap_err(), RefreshError::Unknown);
    let presented = tokens.present(token.expose(), last).await.unwrap();
    let successor = tokens.rotate(presented, last).await.unwrap();
    let much_later = later(LIFETIME + LIFETIME / 2);
    assert!(tokens.present(successor.expose(), much_later).await.is_ok());

    // What was used is noticed after its time as well, while it is there.
    let refused = tokens.present(token.expose(), much_later).await;
    assert_eq!(refused.unwrap_err(), RefreshError::Reused);
    let refused = tokens.present(successor.expose(), much_later).await;
    assert_eq!(refused.unwrap_err(), RefreshError::Unknown);
}

#[tokio::test]
async fn logout_ends_the_whole_login_by_whichever_token() {
    let (tokens, store) = tokens();
    let other_login = issue(&tokens).await;
    for by_the_used_one in [true, false] {
        let first = issue(&tokens).await;
        let second = exchange(&tokens, &first).await.unwrap();
        let by = if by_the_used_one { &first } else { &second };
        tokens.logout(by.expose()).await.unwrap();
        assert!(present(&tokens, &second).await.is_err());
        assert_eq!(kept(&store), 1);
        tokens.logout(by.expose()).await.unwrap();
    }
    assert!(present(&tokens, &other_login).await.is_ok());
}

#[tokio::test]
async fn what_is_no_token_is_unknown_and_costs_no_command() {
    let (tokens, store) = tokens();
    let long = "a".repeat(1000);
    for text in ["", "a.b.c", " ", "é", &long, "null"] {
        let refused = tokens.present(text, now()).await.unwrap_err();
        assert_eq!(refused, RefreshError::Unknown);
        tokens.logout(text).await.unwrap();
    }
    assert!(store.commands().is_empty());
    let never_issued = "a".repeat(43);
    let refused = tokens.present(&never_issued, now()).await.unwrap_err();
    assert_eq!(refused, RefreshError::Unknown);
    tokens.logout(&never_issued).await.unwrap();
}

#[tokio::test]
async fn a_token_dies_with_its_admin_organization_version_or_access() {
    let (tokens, _) = tokens();
    let presented = present(&tokens, &issue(&tokens).await).await.unwrap();
    let live = LiveIdentity {
        admin: identity().admin,
        organization: identity().organization,
        token_version: 7,
        disabled: false,
    };
    assert!(presented.is_of(&live));
    let others = [
        LiveIdentity {
            admin: AdminId([9; 12]),
            ..live
        },
        LiveIdentity {
            organization: OrganizationId([9; 12]),
            ..live
        },
        LiveIdentity {
            token_version: 8,
            ..live
        },
        LiveIdentity {
            disabled: true,
            ..live
        },
    ];
    for other in others {
        assert!(!presented.is_of(&other), "{other:?}");
    }
}

/// The store, with something that goes wrong once.
struct Mishap {
    store: Arc<MemoryStore>,
    /// The name of the call that it happens to.
    next: Mutex<Option<(&'static str, Fault)>>,
}

enum Fault {
    /// The call isn't passed on.
    Fails,
    /// The call is passed on, and its outcome is lost.
    Lost,
    /// After the call, this token appears.
    Meets(RefreshRecord),
}

impl Mishap {
    fn tokens() -> (RefreshTokens, Arc<Self>) {
        let mishap = Arc::new(Self {
            store: Arc::new(MemoryStore::new(Capability::Fenced, 1)),
            next: Mutex::default(),
        });
        let tokens = RefreshTokens::new(Arc::clone(&mishap) as _, LIFETIME);
        (tokens, mishap)
    }

    fn befalls(&self, call: &'static str, fault: Fault) {
        *self.next.lock().unwrap() = Some((call, fault));
    }

    fn due(&self, call: &'static str) -> Option<Fault> {
        let mut next = self.next.lock().unwrap();
        let (_, fault) = next.take_if(|(due, _)| *due == call)?;
        Some(fault)
    }

    async fn pass_on<T>(
        &self,
        call: &'static str,
        passed_on: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.due(call) {
            None => passed_on.await,
            Some(Fault::Fails) => Err(away()),
            Some(Fault::Lost) => {
                passed_on.await?;
                Err(StoreError::OutcomeUnknown(call.to_owned()))
            }
            Some(Fault::Meets(record)) => {
                let answer = passed_on.await;
                self.store.insert_refresh(&record).await?;
                answer
            }
        }
    }
}

#[async_trait]
impl RefreshStore for Mishap {
    async fn insert_refresh(&self, record: &RefreshRecord) -> Result<(), StoreError> {
        let passed_on = self.store.insert_refresh(record);
        self.pass_on("insert", passed_on).await
    }

    async fn find_refresh(&self, token: &TokenDigest) -> Result<Option<RefreshRecord>, StoreError> {
        self.pass_on("find", self.store.find_refresh(token)).await
    }

    async fn use_refresh(&self, token: &TokenDigest) -> Result<(), StoreError> {
        self.pass_on("use", self.store.use_refresh(token)).await
    }

    async fn delete_refresh_family(&self, family: FamilyId) -> Result<u64, StoreError> {
        let passed_on = self.store.delete_refresh_family(family);
        self.pass_on("delete", passed_on).await
    }

    async fn ensure_refresh_index(&self) -> Result<(), StoreError> {
        self.store.ensure_refresh_index().await
    }
}

fn away() -> StoreError {
    StoreError::Unreachable("away".to_owned())
}

#[tokio::test]
async fn an_exchange_that_fails_before_its_commit_point_leaves_the_token_good() {
    for (call, fault) in [
        ("find", Fault::Fails),
        ("insert", Fault::Fails),
        ("insert", Fault::Lost),
        ("use", Fault::Fails),
    ] {
        let (tokens, mishap) = Mishap::tokens();
        let token = issue(&tokens).await;
        mishap.befalls(call, fault);
        let failed = exchange(&tokens, &token).await.unwrap_err();
        assert!(
            matches!(failed, RefreshError::Store(_)),
            "{call}: {failed:?}"
        );
        assert!(exchange(&tokens, &token).await.is_ok(), "{call}");
    }
}

#[tokio::test]
async fn an_exchange_whose_outcome_was_lost_says_so_and_counts_when_repeated() {
    let (tokens, mishap) = Mishap::tokens();
    let token = issue(&tokens).await;
    mishap.befalls("use", Fault::Lost);
    let failed = exchange(&tokens, &token).await.unwrap_err();
    assert!(matches!(
        failed,
        RefreshError::Store(StoreError::OutcomeUnknown(_))
    ));
    let refused = exchange(&tokens, &token).await.unwrap_err();
    assert_eq!(refused, RefreshError::Reused);
    assert_eq!(kept(&mishap.store), 0);
}

#[tokio::test]
async fn a_login_whose_end_failed_is_ended_by_the_next_reuse() {
    let (tokens, mishap) = Mishap::tokens();
    let token = issue(&tokens).await;
    exchange(&tokens, &token).await.unwrap();
    mishap.befalls("delete", Fault::Fails);
    let failed = present(&tokens, &token).await.unwrap_err();
    assert_eq!(failed, RefreshError::Store(away()));
    let refused = present(&tokens, &token).await.unwrap_err();
    assert_eq!(refused, RefreshError::Reused);
    assert_eq!(kept(&mishap.store), 0);
}

#[tokio::test]
async fn a_successor_that_appears_while_its_login_ends_dies_too() {
    let (tokens, mishap) = Mishap::tokens();
    let token = issue(&tokens).await;
    let Presented { family, owner, .. } = present(&tokens, &token).await.unwrap();
    let successor = RefreshRecord {
        token: TokenDigest([9; 32]),
        family,
        owner,
        expires_at: later(LIFETIME),
        used: false,
    };
    mishap.befalls("delete", Fault::Meets(successor));
    tokens.logout(token.expose()).await.unwrap();
    assert_eq!(kept(&mishap.store), 0);
}
