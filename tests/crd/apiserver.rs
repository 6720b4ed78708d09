//! What a real API server makes of the definition. No operator runs here.

mod cases;
mod client;
mod kubectl;
mod stored;
mod upgraded;
